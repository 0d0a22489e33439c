"""Weigh the one claim of a gate: shown, its opposite shown, or neither.

Each side is tested at half of alpha, so that a system just at the margin passes in at most that
share, and the 1 - alpha interval shown beside it agrees with the answer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from evalsite.figures import probability, size
from evalsite.gates import measured
from evalsite.gates.models import GateOutcome
from evalsite.gates.reasons import Code, Reason
from evalsite.gates.spec import Claim, GateSpec, Primary
from evalsite.stats.decisions import Decision, Outcome, equivalence, non_inferiority, superiority

if TYPE_CHECKING:
    from evalsite.gates.evidence import Evidence


def weigh_primary(spec: GateSpec, evidence: Evidence) -> Reason:
    """Answer what became of the claim."""
    primary = spec.primary
    lack = measured.too_little(primary, evidence, spec=spec, at_least=spec.min_pairs)
    if lack is not None:
        return lack
    sides = _sides(primary, evidence, alpha=spec.alpha / 2)
    claim, opposite = claim_in_words(primary, unit=evidence.metric.unit)
    seen = measured.in_words(evidence, alpha=spec.alpha)
    fields = measured.fields(primary, evidence, alpha=spec.alpha)
    refuted = [side for side in sides.against if side.outcome is Outcome.SHOWN]
    if sides.good.outcome is Outcome.SHOWN:
        told, outcome, code = f"shown: {claim}", GateOutcome.PASSED, Code.CLAIM_SHOWN
    elif refuted:
        told, outcome, code = f"shown: {opposite}", GateOutcome.FAILED, Code.CLAIM_REFUTED
    else:
        told = f"not shown, nor the opposite: {claim}"
        outcome, code = GateOutcome.NEEDS_REVIEW, Code.CLAIM_OPEN
    p = refuted[0].p_value if refuted else sides.good.p_value
    more = _more_cases(sides, n=evidence.n) if code is Code.CLAIM_OPEN else None
    settle = "" if code is not Code.CLAIM_OPEN else _settled_by(more)
    text = f"{told} ({seen}, p {probability(p)}){settle}"
    return Reason(**fields, outcome=outcome, code=code, text=text, p=p, more_cases=more)


class Sides(NamedTuple):
    """The claim, and what would speak against it."""

    good: Decision
    against: list[Decision]


def _sides(primary: Primary, evidence: Evidence, *, alpha: float) -> Sides:
    gain, loss, margin = evidence.gain, evidence.loss, primary.margin
    worse = superiority(loss, margin=margin, alpha=alpha)
    if primary.claim is Claim.NON_INFERIORITY:
        return Sides(non_inferiority(gain, margin=margin, alpha=alpha), [worse])
    better = superiority(gain, margin=margin, alpha=alpha)
    if primary.claim is Claim.SUPERIORITY:
        return Sides(better, [non_inferiority(loss, margin=margin, alpha=alpha)])
    return Sides(equivalence(gain, margin=margin, alpha=alpha), [worse, better])


def claim_in_words(primary: Primary, *, unit: str) -> tuple[str, str]:
    """Answer the claim and its opposite, each as what a metric is shown to be."""
    margin = size(primary.margin, unit)
    if primary.claim is Claim.NON_INFERIORITY:
        return f"not worse by {margin} or more", f"worse by more than {margin}"
    if primary.claim is Claim.EQUIVALENCE:
        return f"alike within {margin}", f"different by more than {margin}"
    if not primary.margin:
        return "better", "worse"
    return f"better by more than {margin}", f"not better by {margin}"


def _more_cases(sides: Sides, *, n: int) -> int | None:
    """Count those that would show one side or the other, whichever needs fewer."""
    times = [side.times for side in (sides.good, *sides.against) if side.times is not None]
    return max(1, math.ceil((min(times) - 1) * n)) if times else None


def _settled_by(more: int | None) -> str:
    if more is None:
        return "; it lies at the margin, and no number of cases in reach would settle it"
    return f"; about {more:,} more cases would settle it"
