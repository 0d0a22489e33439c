"""Experiments with results as a test wants them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from evalsite.experiments.check import check_result
from evalsite.experiments.models import Experiment
from evalsite.experiments.record import record_results

VERSIONS = {"baseline": "1.0", "variant": "2.0"}


def fill(
    experiment: Experiment, group: str, rows: Sequence[Mapping[str, Any]], **more: Any
) -> None:
    """Record rows for the tasks t000, t001 ... of a group."""
    given = {"group": group, "version": VERSIONS[group], **more}
    record_results(
        experiment,
        [(n, check_result({"task": f"t{n:04}", **given, **row})) for n, row in enumerate(rows)],
    )


def fill_scores(
    experiment: Experiment, baseline: Sequence[float | None], variant: Sequence[float | None]
) -> None:
    """Record scores of both groups, None for an unscored task."""
    for group, scores in (("baseline", baseline), ("variant", variant)):
        fill(experiment, group, [_scored(score) for score in scores])


def graded(seed: int, *, n: int, shift: float = 0.0, spread: float = 0.1) -> list[float]:
    """Scores around 0.6 + shift, the same ones for the same seed."""
    dice = random.Random(seed)
    return [min(1.0, max(0.0, dice.gauss(0.6 + shift, spread))) for _ in range(n)]


def _scored(score: float | None) -> dict[str, Any]:
    return {"reason": "no answer"} if score is None else {"score": score}
