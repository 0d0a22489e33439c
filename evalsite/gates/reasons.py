"""What a rule of a gate answered, and why: as a row keeps it and as people read it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from evalsite.gates.models import GateOutcome


class Code(StrEnum):
    """Why a rule answered as it did; docs/gates.md tells each."""

    CLAIM_SHOWN = "claim_shown"
    CLAIM_REFUTED = "claim_refuted"
    CLAIM_OPEN = "claim_open"
    NO_HARM_SHOWN = "no_harm_shown"
    HARM_SHOWN = "harm_shown"
    LIMIT_KEPT = "limit_kept"
    LIMIT_BROKEN = "limit_broken"
    LIMIT_OPEN = "limit_open"
    TOO_FEW_PAIRS = "too_few_pairs"
    TOO_MANY_LOST = "too_many_lost"
    METRIC_ABSENT = "metric_absent"
    SLICE_ABSENT = "slice_absent"
    BATCH_UNFINISHED = "batch_unfinished"
    NOT_COMPARABLE = "not_comparable"
    JUDGE_UNTRUSTED = "judge_untrusted"
    JUDGE_UNLICENSED = "judge_unlicensed"
    MARGIN_DECLARED_LATE = "margin_declared_late"


class Reason(NamedTuple):
    """One rule's answer. Numbers are in the metric's unit, after - before; None where unknown.

    `rule` is primary, guard, limit or condition; `margin_percent` stands in for a margin that
    was declared relative to the baseline. `p` is that of the claim, or of harm for a guard.
    """

    rule: str
    title: str
    outcome: GateOutcome
    code: Code
    text: str
    metric: str = ""
    slice_kind: str = "all"
    slice_value: str = ""
    n_pairs: int | None = None
    before: float | None = None
    after: float | None = None
    effect: float | None = None
    effect_low: float | None = None
    effect_high: float | None = None
    p: float | None = None
    p_corrected: float | None = None
    margin: float | None = None
    margin_percent: float | None = None
    limit: float | None = None
    more_cases: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Answer it as plain JSON."""
        return self._asdict()


def put_together(reasons: list[Reason]) -> GateOutcome:
    """One rule that failed fails the gate; else one that is open leaves it open."""
    outcomes = {reason.outcome for reason in reasons}
    for gravest in (GateOutcome.FAILED, GateOutcome.NEEDS_REVIEW):
        if gravest in outcomes:
            return gravest
    return GateOutcome.PASSED
