"""A gate as a form gives it, checked before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from evalsite.errors import EvalsiteError
from evalsite.gates.declare import GateExists, placed
from evalsite.gates.models import Gate
from evalsite.gates.read import GateFile, GateInvalid, flaws, parse_gate

Flaw = tuple[tuple[int | str, ...], str]


def read_given(text: str, *, known: str = "") -> GateFile:
    """Answer the gate in a text; `known` is the name of the one that is changed, if any.

    Raises GateUnreadable, GateInvalid, GateExists and SuiteUnknown.
    """
    wanted = parse_gate(text.encode(), name="file")
    _require_name(wanted.name, known=known)
    placed(wanted)
    return wanted


def weigh_given(
    fields: Mapping[str, Any], *, known: str = ""
) -> tuple[GateFile | None, list[Flaw]]:
    """Answer the gate that plain values say, or what is wrong with it, each with its place."""
    try:
        wanted = GateFile.model_validate(fields)
    except ValidationError as error:
        return None, flaws(error)
    wrong = list(_refusals(wanted, known=known))
    return (None, wrong) if wrong else (wanted, [])


def _refusals(wanted: GateFile, *, known: str) -> Iterator[Flaw]:
    """Answer which of the names a gate cannot have, each beside its field."""
    tries: tuple[tuple[str, Callable[[], object]], ...] = (
        ("name", lambda: _require_name(wanted.name, known=known)),
        ("suite", lambda: placed(wanted.model_copy(update={"target": None}))),
        ("target", lambda: placed(wanted.model_copy(update={"suite": None}))),
    )
    for field, tried in tries:
        try:
            tried()
        except EvalsiteError as error:
            yield (field,), error.message


def _require_name(name: str, *, known: str) -> None:
    if known and name != known:
        raise GateInvalid("The name stays: checks and pipelines point at it.")
    if not known and Gate.objects.filter(name=name).exists():
        raise GateExists("There is a gate of that name: open it to change it.")
