"""What a gate demands, rule by rule, as people say it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from evalsite.figures import level, size
from evalsite.gates.claims import claim_in_words
from evalsite.gates.spec import GateSpec, Guard, Limit
from evalsite.regressions.metrics import metric

# Told as a rule of its own, or within one.
_TOLD: Final = frozenset(
    {
        *("primary", "guards", "limits", "alpha", "min_pairs", "max_left_out"),
        *("demand_comparable", "refuse_untrusted"),
    }
)


class Rule(NamedTuple):
    """One demand: its kind (primary, guard, limit, condition), what it is of, and the demand."""

    kind: str
    title: str
    text: str


def rules_of(spec: GateSpec) -> list[Rule]:
    """Answer every demand of a gate, in the order in which a check answers them."""
    return [*_conditions(spec), _primary(spec), *_guards(spec), *_limits(spec)]


def headline_of(spec: GateSpec) -> str:
    """Answer the one claim of a gate in a line."""
    rule = _primary(spec)
    return f"{rule.title} {rule.text}"


def _primary(spec: GateSpec) -> Rule:
    claim = spec.primary
    shown, _ = claim_in_words(claim, unit=metric(claim.metric).unit)
    return Rule("primary", claim.title, f"must be shown to be {shown}")


def _guards(spec: GateSpec) -> Iterator[Rule]:
    for guard in spec.guards:
        yield Rule("guard", guard.title, f"must not be shown to be worse{_by(guard)}")


def _by(guard: Guard) -> str:
    if guard.margin_percent:
        return f" by more than {guard.margin_percent:g} %"
    if guard.margin:
        return f" by more than {size(guard.margin, metric(guard.metric).unit)}"
    return " at all"


def _limits(spec: GateSpec) -> Iterator[Rule]:
    for limit in spec.limits:
        end = "at least" if limit.at_most is None else "at most"
        yield Rule("limit", _place(limit), f"must be {end} {level(limit.bound, limit.unit)}")


def _place(limit: Limit) -> str:
    return f"{limit.metric} [{limit.slice}]" if limit.slice else limit.metric


def _conditions(spec: GateSpec) -> Iterator[Rule]:
    sure = f"{100 * (1 - spec.alpha):g} % intervals (alpha {spec.alpha:g})"
    yield Rule("condition", "evidence", f"{spec.min_pairs} pairs or more, {sure}")
    lost = f"at most {100 * spec.max_left_out:g} % of the baseline's cases without a pair"
    yield Rule("condition", "left out", lost)
    if spec.demand_comparable:
        yield Rule("condition", "comparable", "nothing but the run may differ")
    if spec.refuse_untrusted:
        yield Rule("condition", "judges", "must be trusted by their checks")
    for name, value in spec.model_dump(mode="json", exclude_none=True).items():
        if name not in _TOLD and value not in ("", [], {}):
            yield Rule("condition", name.replace("_", " "), _said(value))


def _said(value: object) -> str:
    """Say a demand that has no words of its own: `field value, field value`."""
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_said(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(_said, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
