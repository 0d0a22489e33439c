"""What was measured, told with every rule that rests on it; and when it is too little."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from evalsite.figures import between, change, level
from evalsite.gates.models import GateOutcome
from evalsite.gates.reasons import Code, Reason
from evalsite.gates.spec import GateSpec, Guard, Primary
from evalsite.stats.intervals import NOISE

if TYPE_CHECKING:
    from evalsite.gates.evidence import Evidence


def fields(rule: Primary | Guard, evidence: Evidence, *, alpha: float) -> dict[str, Any]:
    """Answer the fields of a `Reason` that say what was seen, with a 1 - alpha interval."""
    low, high = evidence.interval(confidence=1 - alpha) or (None, None)
    return {
        "rule": "primary" if isinstance(rule, Primary) else "guard",
        "title": rule.title,
        "metric": rule.metric,
        "slice_kind": rule.place[0],
        "slice_value": rule.place[1],
        "n_pairs": evidence.n,
        "before": evidence.mean_before,
        "after": evidence.mean_after,
        "effect": evidence.effect,
        "effect_low": low,
        "effect_high": high,
        "margin": rule.margin,
    }


def in_words(evidence: Evidence, *, alpha: float) -> str:
    """Say the same in half a sentence."""
    unit, interval = evidence.metric.unit, evidence.interval(confidence=1 - alpha)
    moved = f"{level(evidence.mean_before, unit)} -> {level(evidence.mean_after, unit)}"
    low, high = interval or (None, None)
    confidence = f"{(1 - alpha) * 100:g} %"
    sure = f", {confidence} interval {between(low, high, unit=unit)}" if interval else ""
    return f"{moved}, {change(evidence.effect, unit)}{sure}, {evidence.n} pairs"


def too_little(
    rule: Primary | Guard, evidence: Evidence, *, spec: GateSpec, at_least: int
) -> Reason | None:
    """Answer the reason that keeps a rule open before any test, or None where there is none."""
    code, why, more = _lack(evidence, spec=spec, at_least=at_least)
    if code is None:
        return None
    seen = fields(rule, evidence, alpha=spec.alpha)
    return Reason(**seen, outcome=GateOutcome.NEEDS_REVIEW, code=code, text=why, more_cases=more)


def _lack(
    evidence: Evidence, *, spec: GateSpec, at_least: int
) -> tuple[Code | None, str, int | None]:
    if evidence.absent:
        return evidence.absent, _ABSENT[evidence.absent], None
    known = evidence.n + evidence.lost
    if evidence.lost > math.ceil(spec.max_left_out * known - NOISE):
        many = (
            f"{evidence.lost} of the baseline's {known} cases have no pair: "
            f"more than {spec.max_left_out * 100:g} %"
        )
        return Code.TOO_MANY_LOST, many, None
    if evidence.n < at_least:
        few = f"{evidence.n} pairs are fewer than the {at_least} that are demanded"
        return Code.TOO_FEW_PAIRS, few, at_least - evidence.n
    if evidence.lacking:
        return Code.TOO_FEW_PAIRS, evidence.lacking, None
    return None, "", None


_ABSENT = {
    Code.METRIC_ABSENT: "no case has this metric in both batches",
    Code.SLICE_ABSENT: "no case of both batches is in this slice",
}
