"""Declare a gate, new or changed: its version grows, and the audit trail says who did it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.cases.queries import find_suite
from evalsite.gates.models import Gate
from evalsite.gates.read import GateFile, GateInvalid
from evalsite.targets.models import Target


@transaction.atomic
def declare(wanted: GateFile, *, actor: object = "") -> Gate:
    """Save the gate of that name; `version` and `declared_at` move where what it demands does.

    Nothing is written where nothing changes. Raises SuiteUnknown, GateInvalid for an unknown
    target.
    """
    gate = Gate.objects.select_for_update().filter(name=wanted.name).first()
    spec = wanted.spec().model_dump(mode="json")
    place = {**placed(wanted), "note": wanted.note}
    by = str(actor)[:200]
    if gate is None:
        made = {"declared_at": timezone.now(), "declared_by": by}
        gate = Gate.objects.create(name=wanted.name, spec=spec, **place, **made)
        record("gate.added", gate, actor=actor, version=gate.version, spec=spec)
        return gate
    changed = {name: value for name, value in place.items() if getattr(gate, name) != value}
    if gate.spec != spec:
        now = timezone.now()
        changed |= {"spec": spec, "version": gate.version + 1}
        changed |= {"declared_at": now, "declared_by": by}
    if changed:
        before = gate.spec
        for name, value in changed.items():
            setattr(gate, name, value)
        gate.save()
        fields = sorted(changed.keys() & {"suite", "target", "note", "spec"})
        was = {"was": before, "spec": spec} if "spec" in changed else {}
        record("gate.changed", gate, actor=actor, version=gate.version, fields=fields, **was)
    return gate


def placed(wanted: GateFile) -> dict[str, Any]:
    """Answer the suite and target that a file names; raises SuiteUnknown or GateInvalid."""
    return {
        "suite": find_suite(wanted.suite) if wanted.suite else None,
        "target": _target(wanted.target) if wanted.target else None,
    }


def _target(name: str) -> Target:
    found = Target.objects.filter(name=name).first()
    if found is None:
        raise GateInvalid(
            f"target: there is no target {name!r}",
            hint="importoutputs makes one",
        )
    return found
