"""Lines of versions with known figures, written without the pipeline."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.targets.models import Run, Target
from tests.factories import make_batch, make_run, make_suite, make_summary, make_target

START = timezone.now() - timedelta(days=200)


class Grower:
    """A target on a suite: each `add` is the finished batch of one more version."""

    def __init__(self, *, suite: Suite | None = None, target: Target | None = None) -> None:
        self.suite, self.target = suite or make_suite(), target or make_target()
        self.n = 0

    def add(self, pass_rate: float | None, *, run: Run | None = None, **fields: Any) -> Batch:
        """The next day's version with this pass rate; other figures of its summary in `figures`."""
        figures = fields.pop("figures", {})
        version = fields.pop("version", f"v{self.n + 1}")
        run = run or make_run(target=self.target, client_version=version)
        batch = make_batch(suite=self.suite, run=run, **{"state": "finished", **fields})
        batch.created_at = START + timedelta(days=self.n)
        batch.save()
        make_summary(batch=batch, pass_rate=pass_rate, **figures)
        self.n += 1
        return batch

    def grow(self, rates: Sequence[float], **fields: Any) -> list[Batch]:
        """One version for each pass rate."""
        return [self.add(rate, **fields) for rate in rates]


def noise(n: int, *, level: float, seed: int = 0) -> list[float]:
    """Pass rates around a level, with a standard deviation of 0.01."""
    dice = random.Random(f"{seed} {level}")
    return [dice.gauss(level, 0.01) for _ in range(n)]
