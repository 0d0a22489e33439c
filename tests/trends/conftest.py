from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from evalsite.experiments.models import Experiment, Result
from evalsite.tenants.models import Tenant
from tests.factories import make_experiment


@pytest.fixture
def experiment(as_acme: Tenant) -> Experiment:
    return make_experiment(name="prompt")


@pytest.fixture
def record(experiment: Experiment) -> Callable[..., list[Result]]:
    """Record a result per score; None is an unscored one."""

    def recorded(*scores: float | None, **fields: Any) -> list[Result]:
        shared = {"experiment": experiment, "group": "baseline", "version": "1.0", **fields}
        rows = [
            Result(
                **{"task": f"t{i}", **shared},
                score=score,
                success=None if score is None else score >= 0.5,
                reason="judge_timeout" if score is None else "",
            )
            for i, score in enumerate(scores)
        ]
        return Result.objects.bulk_create(rows)

    return recorded
