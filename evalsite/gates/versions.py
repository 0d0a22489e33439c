"""How a gate came to be what it is: who changed which demand, when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from evalsite.audit.models import Entry
from evalsite.gates.models import Gate

MOST = 50


class Version(NamedTuple):
    """One change. `number` is the version since then; None where a note or a place changed."""

    number: int | None
    at: datetime
    actor: str
    changes: list[str]


def versions_of(gate: Gate) -> list[Version]:
    """Answer up to 50 changes of a gate, newest first; what was purged is not told."""
    about = Entry.objects.filter(subject_id=str(gate.pk), action__in=("gate.added", "gate.changed"))
    return [_version(entry) for entry in about.order_by("-recorded_at", "-pk")[:MOST]]


def _version(entry: Entry) -> Version:
    before, after = entry.before or {}, entry.after or {}
    told = ["declared"] if entry.action == "gate.added" else list(_changes(before, after))
    return Version(after.get("version"), entry.recorded_at, entry.actor, told)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    names = [name for name in {**before, **after} if name != "version"]
    return [f"{name}: {_said(before.get(name))} → {_said(after.get(name))}" for name in names]


def _said(value: Any) -> str:
    if value in (None, "", []):
        return "none"
    return value if isinstance(value, str) else json.dumps(_given(value), ensure_ascii=False)


def _given(value: Any) -> Any:
    """Leave out what was not said."""
    if isinstance(value, dict):
        return {name: _given(part) for name, part in value.items() if part is not None}
    return [_given(part) for part in value] if isinstance(value, list) else value
