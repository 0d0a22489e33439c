"""Declare a gate, new or changed: its version grows, and the audit trail says who did it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.cases.queries import find_suite
from evalsite.errors import EvalsiteError
from evalsite.gates.models import Gate, GateCheck
from evalsite.gates.read import GateFile, GateInvalid
from evalsite.targets.models import Target


class GateExists(EvalsiteError):
    """The name is another gate's."""

    code = "gate_exists"
    hint = "change that one, or choose another name"
    exit_code = 2


@transaction.atomic
def declare_new(wanted: GateFile, *, actor: object = "") -> Gate:
    """Save a gate of a new name; raises GateExists and what `declare` raises."""
    place = {**placed(wanted), "note": wanted.note, "declared_by": str(actor)[:200]}
    spec = wanted.spec().model_dump(mode="json")
    given = {"spec": spec, "declared_at": timezone.now(), **place}
    gate, is_new = Gate.objects.get_or_create(name=wanted.name, defaults=given)
    if not is_new:
        raise GateExists(f"there is a gate {wanted.name!r} already")
    record("gate.added", gate, actor=actor, after=_told(gate))
    return gate


@transaction.atomic
def declare(wanted: GateFile, *, actor: object = "") -> Gate:
    """Save the gate of that name; `version` and `declared_at` move where what it demands does.

    Nothing is written where nothing changes. Raises SuiteUnknown, GateInvalid for an unknown
    target.
    """
    gate = Gate.objects.select_for_update().filter(name=wanted.name).first()
    if gate is None:
        return declare_new(wanted, actor=actor)
    spec = wanted.spec().model_dump(mode="json")
    place = {**placed(wanted), "note": wanted.note}
    by = str(actor)[:200]
    changed = {name: value for name, value in place.items() if getattr(gate, name) != value}
    if gate.spec != spec:
        now = timezone.now()
        changed |= {"spec": spec, "version": gate.version + 1}
        changed |= {"declared_at": now, "declared_by": by}
    if changed:
        before = _told(gate)
        for name, value in changed.items():
            setattr(gate, name, value)
        gate.save()
        record("gate.changed", gate, actor=actor, **change(before, _told(gate)))
    return gate


@transaction.atomic
def remove(gate: Gate, *, actor: object = "") -> None:
    """Take a gate out; what it answered stays, with its name and what it demanded then."""
    GateCheck.objects.filter(gate=gate).update(gate=None)
    record("gate.removed", gate, actor=actor, before=_told(gate))
    gate.delete()


def placed(wanted: GateFile) -> dict[str, Any]:
    """Answer the suite and target that a file names; raises SuiteUnknown or GateInvalid."""
    return {
        "suite": find_suite(wanted.suite) if wanted.suite else None,
        "target": _target(wanted.target) if wanted.target else None,
    }


def _told(gate: Gate) -> dict[str, Any]:
    """Answer a gate as the audit trail shows it."""
    return {**shown(gate, "version", "suite", "target", "note"), **gate.spec}


def _target(name: str) -> Target:
    found = Target.objects.filter(name=name).first()
    if found is None:
        raise GateInvalid(
            f"target: there is no target {name!r}",
            hint="importoutputs makes one",
        )
    return found
