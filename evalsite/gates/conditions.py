"""What must hold before figures are evidence: judges to be trusted, batches alike and finished."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch, BatchState
from evalsite.gates.licence import unlicensed
from evalsite.gates.models import GateOutcome
from evalsite.gates.reasons import Code, Reason
from evalsite.gates.spec import GateSpec
from evalsite.regressions.metrics import STAGE, metric
from evalsite.regressions.models import Comparison

_OF_JUDGES: Final = (Code.JUDGE_UNTRUSTED, Code.JUDGE_UNLICENSED)
_UNTRUSTED: Final = ("judge_untrusted", "judge_not_checked", "judge_mock")
_TITLES: Final = {
    Code.BATCH_UNFINISHED: "both batches are finished",
    Code.NOT_COMPARABLE: "nothing but the run differs",
    Code.JUDGE_UNTRUSTED: "the judges can be trusted",
    Code.JUDGE_UNLICENSED: "the judges hold a licence",
    Code.MARGIN_DECLARED_LATE: "declared before the batch",
}


def conditions(
    spec: GateSpec, comparison: Comparison, *, declared_at: datetime | None
) -> list[Reason]:
    """Answer what does not hold, each a reason that leaves the gate open.

    `declared_at` is when the spec was last changed; None where nobody declared it.
    """
    sides = {"the batch": comparison.batch, "the baseline": comparison.baseline}
    found = list(_unfinished(sides))
    if spec.demand_comparable:
        found += [_open(Code.NOT_COMPARABLE, told) for told in _differences(comparison)]
    if spec.refuse_untrusted:
        found += _untrusted(sides)
    if spec.judge_licence is not None:
        found += [_open(Code.JUDGE_UNLICENSED, told) for told in unlicensed(spec, comparison)]
    if declared_at is None or declared_at > comparison.batch.created_at:
        late = "the margins were declared, or changed, after the batch was started"
        found.append(_open(Code.MARGIN_DECLARED_LATE, late))
    return found


def doubted(reasons: list[Reason], doubts: list[Reason]) -> list[Reason]:
    """Answer the reasons with those open that rest on what is in doubt.

    A late margin is no such doubt: what failed by it has failed.
    """
    return [_doubted(reason, doubts) for reason in reasons]


def _doubted(reason: Reason, doubts: list[Reason]) -> Reason:
    for doubt in doubts:
        if _touches(doubt.code, reason):
            text = f"{reason.text}; but {doubt.text}"
            return reason._replace(outcome=GateOutcome.NEEDS_REVIEW, code=doubt.code, text=text)
    return reason


def _touches(doubt: Code, reason: Reason) -> bool:
    if doubt is Code.BATCH_UNFINISHED:
        return True
    if doubt is Code.NOT_COMPARABLE:
        return reason.rule != "limit"
    return doubt in _OF_JUDGES and _is_judged(reason)


def _is_judged(reason: Reason) -> bool:
    if reason.rule == "limit":
        return reason.metric in ("pass_rate", "score") or reason.metric.startswith(STAGE)
    return metric(reason.metric).is_judged


def _unfinished(sides: dict[str, Batch]) -> Iterator[Reason]:
    for name, side in sides.items():
        if side.state != BatchState.FINISHED:
            yield _open(Code.BATCH_UNFINISHED, f"{name} is {side.get_state_display().lower()}")


def _differences(comparison: Comparison) -> list[str]:
    return [str(warning["text"]) for warning in comparison.warnings]


def _untrusted(sides: dict[str, Batch]) -> Iterator[Reason]:
    for name, side in sides.items():
        for mark in marks_of(side):
            if mark.code in _UNTRUSTED:
                yield _open(Code.JUDGE_UNTRUSTED, f"of {name}: {mark.text}")


def _open(code: Code, text: str) -> Reason:
    title = _TITLES[code]
    return Reason("condition", title, outcome=GateOutcome.NEEDS_REVIEW, code=code, text=text)
