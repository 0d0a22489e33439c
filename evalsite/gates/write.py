"""Write a gate as the file that declares it again."""

from __future__ import annotations

import json
from typing import Any

from evalsite.gates.models import Gate
from evalsite.gates.read import GateFile
from evalsite.gates.spec import GateSpec


def as_file(gate: Gate) -> GateFile:
    """Answer a stored gate as its file has it."""
    named = {"name": gate.name, "note": gate.note}
    place = {
        "suite": gate.suite.name if gate.suite else None,
        "target": gate.target.name if gate.target else None,
    }
    return GateFile.model_validate({**gate.spec, **named, **place})


def as_yaml(gate: GateFile) -> str:
    """Answer the file's text as YAML, in the order that people read it."""
    import yaml

    fields = _fields(gate)
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=100)


def as_json(gate: GateFile) -> str:
    """Answer the file's text as JSON."""
    return json.dumps(_fields(gate), ensure_ascii=False, indent=2) + "\n"


def _fields(gate: GateFile) -> dict[str, Any]:
    given = gate.model_dump(mode="json", exclude_none=True)
    order = ("name", "note", "suite", "target", *GateSpec.model_fields)
    chosen = {name: given[name] for name in order if given.get(name) not in (None, "", [])}
    return {name: _plain(value) for name, value in chosen.items()}


def _plain(value: Any) -> Any:
    """Write whole numbers without a point, as people do."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
