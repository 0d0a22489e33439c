"""From the stage results of one case to its overall verdict.

The rules:
- errored, if any stage errored;
- else failed, if any applicable stage failed;
- else unscored, if any applicable stage is unscored (or has no result, or none is applicable);
- else passed.
The overall score is the weighted mean over the applicable stages. A stage skipped by a failed
gate counts 0, a stage that is not applicable is left out, and any unscored or errored stage
leaves the case without a score.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from packs.protocol import Stage, StageResult, StageStatus

CaseStatus = Literal["passed", "failed", "unscored", "errored"]

# Looked up once: where a member stands in an enumeration takes longer than what is done with it.
_PASSED, _FAILED, _SKIPPED = StageStatus.PASSED, StageStatus.FAILED, StageStatus.SKIPPED
_UNSCORED, _ERRORED = StageStatus.UNSCORED, StageStatus.ERRORED
_NOT_APPLICABLE = StageStatus.NOT_APPLICABLE
_COUNTED = {_PASSED, _FAILED, _SKIPPED}
_PASSES = {"passed": True, "failed": False}


class Fold(NamedTuple):
    """The overall verdict on one case."""

    status: CaseStatus
    overall_score: float | None
    overall_passed: bool | None


def fold(stages: Iterable[Stage], results: Iterable[StageResult]) -> Fold:
    """Fold the results of these stages into one verdict, by the rules above."""
    by_name = {result.stage: result for result in results}
    seen: set[StageStatus] = set()
    points = weights = 0.0
    for stage in stages:
        result = by_name.get(stage.name)
        status = _UNSCORED if result is None else result.status
        if status is _NOT_APPLICABLE:
            continue
        seen.add(status)
        weights += stage.weight
        if result is not None and result.score:
            points += stage.weight * result.score
    status_of_case = _status(seen)
    score = points / weights if seen and seen <= _COUNTED else None
    return Fold(status_of_case, score, _PASSES.get(status_of_case))


def _status(seen: set[StageStatus]) -> CaseStatus:
    if _ERRORED in seen:
        return "errored"
    if _FAILED in seen:
        return "failed"
    if _UNSCORED in seen or not seen:
        return "unscored"
    return "passed"
