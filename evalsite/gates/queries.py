"""Find the gate that a command names, stored or a file, and what gates answered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from evalsite.errors import UsageError
from evalsite.gates.check import Held
from evalsite.gates.models import Gate, GateCheck
from evalsite.gates.read import GateFile, read_gate
from evalsite.gates.write import as_file
from evalsite.regressions.models import Comparison

_ENDINGS = (".yaml", ".yml", ".json")


class GateUnknown(UsageError):
    """The tenant has no gate of that name."""

    code = "gate_unknown"
    hint = "manage.py setgate FILE declares one; a file's name ends in .yaml, .yml or .json"


def find_gate(name: str) -> Gate:
    """Answer the gate of that name; raises GateUnknown."""
    found = Gate.objects.select_related("suite", "target").filter(name=name).first()
    if found is None:
        raise GateUnknown(f"there is no gate {name!r}")
    return found


def answers_of(comparison: Comparison) -> list[GateCheck]:
    """Answer what each gate said last about a comparison, by the gates' names."""
    found = GateCheck.objects.filter(comparison=comparison.pk)
    return list(found.order_by("gate_name", "-created_at", "-pk").distinct("gate_name"))


def newest_checks(gates: Iterable[Gate]) -> dict[UUID, GateCheck]:
    """Answer what each of these gates said last, by the gates' ids; none for one never asked."""
    newest = GateCheck.objects.filter(gate=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    asked = Gate.objects.filter(pk__in=[gate.pk for gate in gates])
    found = GateCheck.objects.filter(pk__in=asked.values_list(Subquery(newest)))
    checks = found.select_related("comparison__batch__run").defer("spec")
    return {check.gate_id: check for check in checks if check.gate_id}


def resolve_gate(text: str, *, before_batch: bool = False) -> Held:
    """Answer the gate named, or the one in a file: a text with a slash or an ending such as .yaml.

    A file that says what the stored gate of its name says is that gate. Else it is declared now
    if it is read `before_batch`, and never if not. Raises GateUnknown, GateUnreadable,
    GateInvalid.
    """
    if "/" not in text and not text.endswith(_ENDINGS):
        return held(find_gate(text))
    file = read_gate(Path(text))
    stored = Gate.objects.select_related("suite", "target").filter(name=file.name).first()
    if stored is not None and as_file(stored).spec() == file.spec():
        return held(stored)._replace(suite=file.suite, target=file.target)
    return _of_file(file, declared_at=timezone.now() if before_batch else None)


def held(gate: Gate) -> Held:
    """Answer a stored gate as it is held against a batch."""
    file = as_file(gate)
    return _of_file(file, declared_at=gate.declared_at)._replace(gate=gate)


def _of_file(file: GateFile, *, declared_at: datetime | None) -> Held:
    return Held(
        name=file.name,
        spec=file.spec(),
        declared_at=declared_at,
        suite=file.suite,
        target=file.target,
    )
