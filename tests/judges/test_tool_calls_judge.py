"""tool_calls: pairing calls and comparing their arguments."""

from __future__ import annotations

from typing import Any

import pytest

from judges.protocol import Score
from judges.toolcalls import tool_calls

FLIGHT = {"name": "search_flights", "arguments": {"to": "LIS", "date": "2026-03-01"}}
HOTEL = {"name": "book_hotel", "arguments": {"city": "Lisbon"}}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def accepting(**accepted: Any) -> list[dict[str, Any]]:
    return [{"name": "f", "accepted": accepted}]


def test_the_same_calls_pass_in_any_order() -> None:
    assert tool_calls([FLIGHT, HOTEL], [HOTEL, FLIGHT]).passed
    assert not tool_calls([FLIGHT, HOTEL], [HOTEL, FLIGHT], ordered=True).passed
    assert tool_calls([FLIGHT, HOTEL], [FLIGHT, HOTEL], ordered=True).passed


def test_a_wrong_value_is_named_by_its_path() -> None:
    given = call("search_flights", to="LIS", date="2026-03-02")
    score = tool_calls([FLIGHT], [given])
    assert score.reason == 'search_flights.date: expected "2026-03-01", got "2026-03-02"'


def test_missing_and_unexpected_arguments_are_named() -> None:
    score = tool_calls([FLIGHT], [call("search_flights", to="LIS", day=1)])
    assert score.details["problems"] == [
        "search_flights.day: not expected, got 1",
        'search_flights.date: expected "2026-03-01", but left out',
    ]


def test_missing_and_extra_calls_are_named_and_counted() -> None:
    score = tool_calls([FLIGHT, HOTEL], [FLIGHT, call("pay"), call("pay")])
    assert score.value == pytest.approx(1 / 3)
    assert score.reason.startswith("book_hotel: expected, but not called; pay: called, but not")


def test_calls_are_a_multiset() -> None:
    assert not tool_calls([FLIGHT], [FLIGHT, FLIGHT]).passed
    assert tool_calls([FLIGHT, FLIGHT], [FLIGHT, FLIGHT]).passed


def test_no_call_expected_and_none_made_passes() -> None:
    assert tool_calls([], []) == Score(1.0, True)
    assert tool_calls([], [FLIGHT]).value == 0


def test_pairing_is_the_best_not_the_first() -> None:
    expected = [*accepting(x=[1, 2]), *accepting(x=[1])]
    assert tool_calls(expected, [call("f", x=1), call("f", x=2)]).passed


@pytest.mark.parametrize(
    ("accepted", "arguments", "passed"),
    [
        ({"a": [1, 2]}, {"a": 2}, True),
        ({"a": [1, 2]}, {"a": 3}, False),
        ({"a": [1], "b": ["x", ""]}, {"a": 1}, True),
        ({"a": [1], "b": ["x"]}, {"a": 1}, False),
        ({"a": [{"k": [1, 2], "o": ["", 5]}]}, {"a": {"k": 2}}, True),
        ({"a": [{"k": [1, 2]}]}, {"a": {"k": 2, "z": 1}}, False),
        ({"a": [[{"k": [1]}, {"k": [2]}]]}, {"a": [{"k": 1}, {"k": 2}]}, True),
        ({"a": [[1, 2]]}, {"a": [2, 1]}, False),
    ],
)
def test_accepted_values_and_nested_fields(accepted: Any, arguments: Any, passed: bool) -> None:
    score = tool_calls(accepting(**accepted), [{"name": "f", "arguments": arguments}])
    assert score.passed is passed


def test_several_accepted_values_are_all_named() -> None:
    assert tool_calls(accepting(a=["x", "y", ""]), [call("f", a="z")]).reason == (
        'f.a: expected one of "x", "y", got "z"'
    )


def test_arguments_may_be_json_text() -> None:
    given = {"name": "book_hotel", "arguments": '{"city": "Lisbon"}'}
    assert tool_calls([HOTEL], [given]).passed
    assert tool_calls([call("f")], [{"name": "f", "arguments": ""}]).passed
    broken = tool_calls([HOTEL], [{"name": "book_hotel", "arguments": "{"}])
    assert broken.reason == "book_hotel: the arguments are not a JSON object"


@pytest.mark.parametrize(
    ("profile", "text", "number"),
    [("strict", False, True), ("standard", True, True), ("bfcl", True, False)],
)
def test_profiles_differ_in_texts_and_numbers(profile: Any, text: bool, number: bool) -> None:
    tools = [{"name": "f", "parameters": {"properties": {"n": {"type": "integer"}}}}]
    options = {"profile": profile, "tools": tools}
    assert tool_calls([call("f", t="Main St.")], [call("f", t="main st")], **options).passed is text
    assert tool_calls([call("f", n=5)], [call("f", n=5.0)], **options).passed is number


def test_an_argument_at_its_default_is_as_good_as_left_out() -> None:
    tools = [{"name": "f", "parameters": {"properties": {"n": {"type": "integer", "default": 3}}}}]
    for expected, given in ((call("f"), call("f", n=3)), (call("f", n=3), call("f"))):
        assert tool_calls([expected], [given], tools=tools).passed
        assert not tool_calls([expected], [given], tools=tools, profile="strict").passed
    assert not tool_calls([call("f")], [call("f", n=4)], tools=tools).passed


@pytest.mark.parametrize("expected", [None, "f", [{"x": 1}], [{"name": "f", "accepted": {"a": 1}}]])
def test_what_expects_no_calls_is_unscored(expected: Any) -> None:
    assert tool_calls(expected, []).code == "expected_not_calls"


def test_an_answer_that_is_no_list_of_calls_fails() -> None:
    assert tool_calls([FLIGHT], "search_flights()").reason.startswith("not a list of calls")
