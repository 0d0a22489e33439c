"""A whole case on a form: its own fields, and those of its pack's schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from evalsite.cases.check import FIELDS
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.read_back import as_given
from evalsite.cases.slots import Kind, Slot, slots_of
from evalsite.cases.written import Place
from packs.registry import PACKS

_KEY: Final = Slot(
    name="key", kind=Kind.LINE, label="key", is_required=True, hint="Its own name in the suite."
)
_OWN: Final = (
    Slot(
        name="state",
        kind=Kind.CHOICE,
        label="state",
        is_required=True,
        choices=tuple(CaseState.values),
        hint="Only active cases are scored.",
    ),
    Slot(name="tags", kind=Kind.TAGS, label="tags", hint="With semicolons between them."),
    Slot(name="category", kind=Kind.LINE, label="category"),
    Slot(name="subcategory", kind=Kind.LINE, label="subcategory"),
    Slot(name="complexity", kind=Kind.CHOICE, label="complexity", choices=(1, 2, 3, 4, 5)),
    Slot(name="metadata", kind=Kind.JSON, label="metadata", hint='As JSON: {"name": value}.'),
)


def case_slots(suite: Suite, *, is_new: bool, as_json: bool) -> list[Slot]:
    """Answer every place of a case's form: key if new, own fields, content by the pack."""
    content = slots_of(PACKS.load(suite.pack).value, as_json=as_json)
    return [*([_KEY] if is_new else []), *content, *_OWN]


def members(case: TestCase) -> dict[str, Any]:
    """Answer a case as its members, as a file would hold it."""
    return {name: as_given(getattr(case, name)) for name in FIELDS}


def blame(places: Iterable[Place], *, path: str, fault: tuple[str, str, str]) -> bool:
    """Put a fault at the place that holds the path, or the nearest around it.

    Answers whether there is one.
    """
    around = [place for place in places if _holds(place.slot.name, path)]
    inside = [place for place in places if _holds(path, place.slot.name)] if path else []
    nearest = max(around, key=lambda place: len(place.slot.name), default=None)
    chosen = nearest or next(iter(inside), None)
    if chosen is not None:
        chosen.blame(fault[0], fault[1], hint=fault[2])
    return chosen is not None


def _holds(outer: str, inner: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def new_case() -> Mapping[str, Any]:
    """Answer what a new case begins with."""
    return {"state": CaseState.DRAFT.value}
