"""Hold a gate against a comparison: passed, failed or needs review, with every reason."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.errors import UsageError
from evalsite.gates.models import Gate, GateCheck
from evalsite.gates.reasons import Code, Reason, put_together
from evalsite.gates.spec import GateSpec, Guard, Primary
from evalsite.regressions.metrics import metric
from evalsite.regressions.models import Comparison
from evalsite.summaries.models import Summary

if TYPE_CHECKING:
    from evalsite.gates.evidence import Evidence
    from evalsite.regressions.frame import Frame


class GateUnfit(UsageError):
    """The gate is for another suite or target."""

    code = "gate_unfit"
    hint = "name another gate, or leave suite and target out of this one"


class Held(NamedTuple):
    """A gate as it is held against a batch: stored, or a file's.

    `declared_at` is when its spec was last changed or, of a file, read before the batch began.
    """

    name: str
    spec: GateSpec
    gate: Gate | None = None
    declared_at: datetime | None = None
    suite: str | None = None
    target: str | None = None


def check(held: Held, comparison: Comparison, *, actor: object = "") -> GateCheck:
    """Weigh all rules, and write down what they answered and that it was asked.

    Raises GateUnfit where the gate is for another suite or target.
    """
    from evalsite.regressions.frame import load_frame

    require_fit(held, comparison.batch)
    frame = load_frame(comparison.batch, comparison.baseline)
    reasons = weigh(held, comparison, frame=frame)
    outcome = put_together(reasons)
    with transaction.atomic():
        made = GateCheck.objects.create(
            gate=held.gate,
            gate_name=held.name,
            gate_version=held.gate.version if held.gate else None,
            comparison=comparison,
            outcome=outcome,
            reasons=[reason.as_json() for reason in reasons],
            spec=held.spec.model_dump(mode="json"),
            actor=str(actor)[:200],
        )
        asked = {"batch": str(comparison.batch_id), "baseline": str(comparison.baseline_id)}
        record("gate.checked", held.name, actor=actor, outcome=str(outcome), **asked)
    return made


def require_fit(held: Held, batch: Batch) -> None:
    """Raise GateUnfit where the gate is for another suite or target than the batch's."""
    sides = (
        ("suite", held.suite, batch.suite.name),
        ("target", held.target, batch.run.target.name),
    )
    for what, wanted, given in sides:
        if wanted is not None and wanted != given:
            raise GateUnfit(f"gate {held.name!r} is for {what} {wanted!r}, not {given!r}")


def weigh(held: Held, comparison: Comparison, *, frame: Frame) -> list[Reason]:
    """Answer every rule's reason, conditions that do not hold first."""
    from evalsite.gates.claims import weigh_primary
    from evalsite.gates.conditions import conditions, doubted
    from evalsite.gates.guards import weigh_guards
    from evalsite.gates.limits import weigh_limits

    spec, batch = held.spec, comparison.batch
    doubts = conditions(spec, comparison, declared_at=held.declared_at)
    summaries = {(s.slice_kind, s.slice_value): s for s in Summary.objects.filter(batch=batch)}
    reasons = [
        weigh_primary(spec, evidence_for(spec.primary, frame)),
        *weigh_guards(spec, [evidence_for(guard, frame) for guard in spec.guards]),
        *weigh_limits(spec, summaries),
    ]
    return [*doubts, *doubted(reasons, doubts)]


def evidence_for(rule: Primary | Guard, frame: Frame) -> Evidence:
    """Answer what the frame holds of a rule's metric and slice."""
    from evalsite.gates.evidence import Evidence

    compared, place = metric(rule.metric), rule.place
    percent = rule.margin_percent if isinstance(rule, Guard) else None
    sides = frame.sides(rule.metric, kind=place[0], value=place[1])
    absent = None
    if rule.slice and not frame.holds(place):
        absent = Code.SLICE_ABSENT
    elif rule.metric not in frame.metrics:
        absent = Code.METRIC_ABSENT
    return Evidence(
        compared,
        sides.before.tolist(),
        sides.after.tolist(),
        None if sides.clusters is None else sides.clusters.tolist(),
        lost=_lost(rule, frame),
        absent=absent,
        allowed=(percent or 0.0) / 100,
    )


def _lost(rule: Primary | Guard, frame: Frame) -> int:
    """Count the baseline's cases without a pair: of what is judged all, else those that had it."""
    import numpy as np

    if metric(rule.metric).is_judged:
        known = frame.before.card >= 0
    else:
        known = ~np.isnan(frame.before.values(rule.metric))
    return int((frame.inside(*rule.place) & known & ~frame.paired(rule.metric)).sum())
