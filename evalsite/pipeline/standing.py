"""How the evaluations of a run stand: waiting, refused, under way, or answered."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from evalsite.batches.models import Batch, BatchState
from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.pipeline.models import Evaluation, EvaluationRequest, RequestState
from evalsite.regressions.models import Comparison
from evalsite.summaries.models import SliceKind, Summary
from evalsite.targets.models import Run


class Stand(StrEnum):
    """Where an evaluation of a run stands; `none`: the run has none."""

    NONE = "none"
    DUE = RequestState.DUE.value
    REFUSED = RequestState.REFUSED.value
    RUNNING = BatchState.RUNNING.value
    PAUSED = BatchState.PAUSED.value
    CANCELLED = BatchState.CANCELLED.value
    FINISHED = BatchState.FINISHED.value


# What tells most about several together: the first of these that one of them is in.
_ORDER: Final = (Stand.DUE, Stand.RUNNING, Stand.PAUSED, Stand.REFUSED, Stand.CANCELLED)


class EvaluationStanding(NamedTuple):
    """One evaluation of a run; what is not there yet is None."""

    evaluation: Evaluation
    state: Stand
    code: str = ""
    reason: str = ""
    batch: Batch | None = None
    summary: Summary | None = None
    comparison: Comparison | None = None
    check: GateCheck | None = None

    @property
    def outcome(self) -> str | None:
        """What the gate answered; None without a gate, or before its answer."""
        return self.check.outcome if self.check else None


def standings(run: Run) -> list[EvaluationStanding]:
    """Answer the evaluations that were due to the run or asked for, the first asked first."""
    asked = EvaluationRequest.objects.filter(run=run).order_by("created_at")
    requests = list(asked.select_related("evaluation__suite", "evaluation__target", "batch"))
    facts = _Facts([request.batch for request in requests if request.batch])
    return [
        facts.standing(request.evaluation, request.batch)
        if request.batch
        else EvaluationStanding(
            evaluation=request.evaluation,
            state=Stand(request.state),
            code=request.code,
            reason=request.reason,
        )
        for request in requests
    ]


def standing_of(evaluation: Evaluation, batch: Batch) -> EvaluationStanding:
    """Answer how an evaluation stands that a batch answers."""
    return _Facts([batch]).standing(evaluation, batch)


def together(several: Sequence[EvaluationStanding]) -> Stand:
    """Answer where several stand as one: finished when all are."""
    states = {one.state for one in several}
    first = next((state for state in _ORDER if state in states), None)
    return first or (Stand.FINISHED if states else Stand.NONE)


def outcome(several: Sequence[EvaluationStanding]) -> str | None:
    """Answer what their gates say as one: passed when each that there is has passed."""
    gated = [one.outcome for one in several if one.evaluation.gate]
    if GateOutcome.FAILED in gated:
        return GateOutcome.FAILED.value
    if not gated or None in gated:
        return None
    reviewed = GateOutcome.NEEDS_REVIEW in gated
    return (GateOutcome.NEEDS_REVIEW if reviewed else GateOutcome.PASSED).value


class _Facts:
    """What is known about some batches, asked for all of them at once."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        ids = [batch.pk for batch in batches]
        summaries = Summary.objects.filter(batch__in=ids, slice_kind=SliceKind.ALL)
        comparisons = Comparison.objects.filter(batch__in=ids, is_own=True)
        self._summaries = {summary.batch_id: summary for summary in summaries}
        self._comparisons = {comparison.batch_id: comparison for comparison in comparisons}
        made = [comparison.pk for comparison in self._comparisons.values()]
        checks = GateCheck.objects.filter(comparison__in=made).order_by("created_at")
        self._checks = {(check.comparison_id, check.gate_name): check for check in checks}

    def standing(self, evaluation: Evaluation, batch: Batch) -> EvaluationStanding:
        """Put together what is known about an evaluation's batch."""
        comparison = self._comparisons.get(batch.pk)
        return EvaluationStanding(
            evaluation=evaluation,
            state=Stand(batch.state),
            code=batch.paused_code,
            reason=batch.paused_reason,
            batch=batch,
            summary=self._summaries.get(batch.pk),
            comparison=comparison,
            check=self._checks.get((comparison.pk, evaluation.gate)) if comparison else None,
        )
