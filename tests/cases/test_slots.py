"""From a pack's schemas to the places of a form, and back to a case."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from evalsite.cases.slots import Kind, slots_of
from evalsite.cases.written import read, typed, written


class Colour(StrEnum):
    """An enum of texts."""

    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    """An object in an object."""

    model_config = ConfigDict(extra="forbid")

    depth: int = 1
    note: str


class Given(BaseModel):
    """A member of each kind."""

    model_config = ConfigDict(extra="forbid")

    text: str
    code: str = Field(default="", max_length=9)
    share: float | None = None
    colour: Colour = Colour.RED
    size: Literal["s", "m"] = "s"
    words: list[str] = []
    pairs: list[Inner] = []
    flag: bool = False
    value: JsonValue = None
    inner: Inner
    maybe: Inner | None = None
    either: list[str] | dict[str, int] = []


class Words(RootModel[list[str]]):
    """No object at all."""


class Pack:
    """What a form needs of a pack."""

    Input: Any = Given
    Expected: Any = Words


PACK: Any = Pack()
CASE = {
    "input": {
        "text": "t",
        "share": 0.5,
        "colour": "blue",
        "words": ["a", "b"],
        "flag": True,
        "value": {"x": 1},
        "inner": {"depth": 2, "note": "n"},
        "maybe": {"note": "m"},
        "either": {"k": 1},
    },
    "expected": ["w"],
}


def test_each_schema_has_its_kind() -> None:
    kinds = {slot.name: slot.kind for slot in slots_of(PACK)}
    assert kinds == {
        "input.text": Kind.TEXT,
        "input.code": Kind.LINE,
        "input.share": Kind.NUMBER,
        "input.colour": Kind.CHOICE,
        "input.size": Kind.CHOICE,
        "input.words": Kind.LINES,
        "input.pairs": Kind.JSON,
        "input.flag": Kind.CHOICE,
        "input.value": Kind.ANY,
        "input.inner.depth": Kind.NUMBER,
        "input.inner.note": Kind.TEXT,
        "input.maybe": Kind.JSON,
        "input.either": Kind.JSON,
        "expected": Kind.LINES,
    }


def test_an_object_is_a_group_and_a_default_is_told() -> None:
    slots = {slot.name: slot for slot in slots_of(PACK)}
    assert slots["input.inner.depth"].group == "input.inner"
    assert slots["input.flag"].hint == "Left blank: false."
    assert slots["input.text"].is_required
    assert not slots["input.share"].is_required


def test_what_was_written_reads_back() -> None:
    places = written(slots_of(PACK), CASE)
    data = {place.slot.field: place.text for place in places}
    data |= {f"{place.slot.field}:as": place.mode for place in places}
    assert read(typed(slots_of(PACK), data), before={}) == CASE


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("input.share", "1e3", 1000.0),
        ("input.share", " 7 ", 7),
        ("input.words", "a\r\n b\r\n", ["a", " b"]),
        ("input.colour", '"red"', "red"),
        ("input.flag", "false", False),
    ],
)
def test_a_place_says_a_value(name: str, text: str, value: object) -> None:
    slots = [slot for slot in slots_of(PACK) if slot.name == name]
    assert read(typed(slots, {name: text}), before={})["input"] == {name.split(".")[1]: value}


@pytest.mark.parametrize("text", ["x", "true", "1,5", "NaN", '"1"'])
def test_what_is_no_number_is_a_fault(text: str) -> None:
    slots = [slot for slot in slots_of(PACK) if slot.name == "input.share"]
    places = typed(slots, {"input.share": text})
    assert read(places, before={}) == {}
    assert len(places[0].faults) == 1


def test_a_blank_place_is_absent() -> None:
    assert read(typed(slots_of(PACK), {}), before={}) == {}
