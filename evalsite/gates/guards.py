"""Weigh the guards of a gate: one family of tests for harm beyond a margin, corrected by Holm.

A guard fails where harm was shown. It passes where none was shown, which is no proof that there
is none: a slice that must be shown to be as good wants a gate of its own. A guard that cannot be
tested stays open.
"""

from __future__ import annotations

from collections.abc import Sequence

from evalsite.figures import probability, size
from evalsite.gates import measured
from evalsite.gates.evidence import Evidence
from evalsite.gates.models import GateOutcome
from evalsite.gates.reasons import Code, Reason
from evalsite.gates.spec import GateSpec, Guard
from evalsite.stats.corrections import holm
from evalsite.stats.decisions import superiority
from evalsite.stats.estimates import ENOUGH_PAIRS


def weigh_guards(spec: GateSpec, evidence: Sequence[Evidence]) -> list[Reason]:
    """Answer what became of each guard; `evidence` is in the guards' order."""
    pairs = list(zip(spec.guards, evidence, strict=True))
    lacks = [
        measured.too_little(guard, found, spec=spec, at_least=ENOUGH_PAIRS)
        for guard, found in pairs
    ]
    raw = [
        _p_of_harm(guard, found, alpha=spec.alpha / 2)
        for (guard, found), lack in zip(pairs, lacks, strict=True)
        if lack is None
    ]
    p_values = iter(zip(raw, holm(raw), strict=True))
    return [
        lack or _weighed(guard, found, p=next(p_values), alpha=spec.alpha)
        for (guard, found), lack in zip(pairs, lacks, strict=True)
    ]


def _weighed(guard: Guard, found: Evidence, *, p: tuple[float, float], alpha: float) -> Reason:
    raw, corrected = p
    harmed = corrected <= alpha / 2
    seen = f"{measured.in_words(found, alpha=alpha)}, p {probability(corrected)} by Holm"
    return Reason(
        **measured.fields(guard, found, alpha=alpha),
        outcome=GateOutcome.FAILED if harmed else GateOutcome.PASSED,
        code=Code.HARM_SHOWN if harmed else Code.NO_HARM_SHOWN,
        text=f"{'shown' if harmed else 'not shown'}: harm{_beyond(guard, found)} ({seen})",
        p=raw,
        p_corrected=corrected,
        margin_percent=guard.margin_percent,
    )


def _p_of_harm(guard: Guard, found: Evidence, *, alpha: float) -> float:
    """Answer the one-sided p against "worse by no more than the margin"."""
    harm = superiority(found.loss, margin=guard.margin or 0.0, alpha=alpha).p_value
    return 1.0 if harm is None else harm


def _beyond(guard: Guard, found: Evidence) -> str:
    if guard.margin_percent is not None:
        return f" beyond {guard.margin_percent:g} %" if guard.margin_percent else ""
    return f" beyond {size(guard.margin, found.metric.unit)}" if guard.margin else ""
