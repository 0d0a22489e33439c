"""What is written in a form's places, and the case that it says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from evalsite.cases.check import CaseRefused
from evalsite.cases.pretty import pretty
from evalsite.cases.slots import Kind, Slot
from evalsite.cases.strict_json import JsonRefused, check_text, parse

_ABSENT: Final = object()


@dataclass(slots=True)
class Place:
    """A slot as it stands on the page: what is written in it, how, and what is wrong with it."""

    slot: Slot
    text: str = ""
    mode: str = ""
    faults: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def options(self) -> list[tuple[str, str]]:
        """The choices: what is sent, and what is shown."""
        shown = [
            (json.dumps(one), one if isinstance(one, str) else json.dumps(one))
            for one in self.slot.choices
        ]
        return shown if self.slot.is_required else [("", "not given"), *shown]

    @property
    def about(self) -> str:
        """The ids of what is said about it, for readers that hear the page."""
        field = self.slot.field
        told = {f"fault-{field}": self.faults, f"help-{field}": self.slot.hint}
        return " ".join(name for name, is_there in told.items() if is_there)

    @property
    def rows(self) -> int:
        """How high its box is."""
        return min(24, max(2, self.text.count("\n") + 1 + len(self.text) // 90))

    def blame(self, code: str, message: str, *, hint: str = "") -> None:
        """Remember what is wrong."""
        self.faults.append((code, message, hint))


def written(slots: Iterable[Slot], case: Mapping[str, Any]) -> list[Place]:
    """Answer the places with a case's values in them."""
    slots = list(slots)
    return [_placed(slot, _value(slot, case, slots=slots)) for slot in slots]


def typed(slots: Iterable[Slot], data: Mapping[str, str]) -> list[Place]:
    """Answer the places with what a browser sent."""
    return [
        Place(
            slot,
            _unix(data.get(slot.field, "")),
            data.get(f"{slot.field}:as", slot.modes[0] if slot.modes else ""),
        )
        for slot in slots
    ]


def read(places: Iterable[Place], *, before: Mapping[str, Any]) -> dict[str, Any]:
    """Answer what the places say, as a case's members; faults are left at their places.

    `before` is the case as it stands: what was not touched stays exactly as it was.
    """
    places = list(places)
    slots = [place.slot for place in places]
    case: dict[str, Any] = {}
    for place in sorted(places, key=lambda one: one.slot.kind == Kind.REST):
        try:
            value = _read(place, was=_value(place.slot, before, slots=slots))
        except (JsonRefused, CaseRefused) as error:
            place.blame(error.code, error.message, hint=error.hint)
            continue
        if value is not _ABSENT:
            _put(case, place.slot, value=value)
    return case


def _read(place: Place, *, was: Any) -> Any:
    slot, text = place.slot, place.text
    stood = _placed(slot, was)
    if was is not _ABSENT and (_unix(stood.text), stood.mode) == (text, place.mode):
        return was
    if not text:
        return _ABSENT
    if slot.kind in (Kind.JSON, Kind.REST, Kind.CHOICE) or place.mode == "json":
        return _json(place)
    if slot.kind == Kind.NUMBER:
        return _number(place)
    check_text(text)
    if slot.kind == Kind.TAGS:
        return [tag.strip() for tag in text.split(";") if tag.strip()]
    return text.strip("\n").split("\n") if slot.kind == Kind.LINES else text


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _json(place: Place) -> Any:
    value = parse(place.text.encode("utf-8", "surrogatepass"))
    if place.slot.kind == Kind.REST and not isinstance(value, dict):
        raise CaseRefused(
            "not an object", path=place.slot.name, hint='write {"name": value}, or leave it blank'
        )
    return value


def _number(place: Place) -> int | float:
    try:
        value = parse(place.text.strip().encode("utf-8", "surrogatepass"))
    except JsonRefused:
        value = None
    if type(value) not in (int, float):
        raise CaseRefused("not a number", path=place.slot.name, hint="write it like 12 or 0.5")
    number: int | float = value
    return number


def _put(case: dict[str, Any], slot: Slot, *, value: Any) -> None:
    if slot.kind == Kind.REST:
        inner = _opened(case, slot.path)
        inner.update({name: one for name, one in value.items() if name not in inner})
        return
    *way, last = slot.path
    _opened(case, way)[last] = value


def _opened(case: dict[str, Any], way: Iterable[str]) -> dict[str, Any]:
    for step in way:
        case = case.setdefault(step, {})
    return case


def _at(value: Any, path: Iterable[str]) -> Any:
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return _ABSENT
        value = value[step]
    return value


def _value(slot: Slot, case: Mapping[str, Any], *, slots: list[Slot]) -> Any:
    value = _at(case, slot.path)
    if slot.kind != Kind.REST or not isinstance(value, Mapping):
        return value if slot.kind != Kind.REST else _ABSENT
    depth = len(slot.path)
    own = {s.path[depth] for s in slots if s.path[:depth] == slot.path and len(s.path) > depth}
    rest = {name: item for name, item in value.items() if name not in own}
    return rest or _ABSENT


def _placed(slot: Slot, value: Any) -> Place:
    first = slot.modes[0] if slot.modes else ""
    if value is _ABSENT or (value is None and slot.kind != Kind.JSON):
        return Place(slot, "", first)
    if slot.kind == Kind.CHOICE:
        return Place(slot, json.dumps(value))
    if slot.kind == Kind.TAGS:
        return Place(slot, "; ".join(value))
    if slot.kind == Kind.LINES and _are_lines(value):
        return Place(slot, "\n".join(value), "lines")
    if slot.kind in (Kind.LINE, Kind.TEXT, Kind.ANY) and isinstance(value, str):
        return Place(slot, value, first)
    return Place(slot, pretty(value), "json" if slot.modes else "")


def _are_lines(value: Any) -> bool:
    """Whether a list of texts can be written one a line, and read back as it was."""
    return isinstance(value, list) and all(
        isinstance(item, str) and item and not set(item) & {"\n", "\r"} for item in value
    )
