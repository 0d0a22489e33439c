"""A case in the old spelling is the same case."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pydantic import ValidationError

from packs.nl2api import NL2APITestCase
from packs.validate import content_hash, validate_case

CALL = {"name": "weather", "arguments": {"city": "Rome"}}
OLD: dict[str, Any] = {
    "nl_query": "Weather in Rome?",
    "expected_tool_calls": [{"tool_name": "weather", "arguments": {"city": "Rome"}}],
    "expected_response": {"sky": "clear"},
    "expected_nl_response": "It is clear.",
}
NEW: dict[str, Any] = {
    "input": {"query": "Weather in Rome?"},
    "expected": {"calls": [CALL], "response": {"sky": "clear"}, "answer": "It is clear."},
}


def old(**fields: Any) -> NL2APITestCase:
    """Make a case in the old spelling; the warning is expected."""
    with pytest.warns(DeprecationWarning, match="old names"):
        return NL2APITestCase(**fields)


def test_both_spellings_have_one_content_hash() -> None:
    assert old(**OLD).content_hash == NL2APITestCase(**NEW).content_hash
    given, expected = validate_case("nl2api", **NEW)
    assert old(**OLD).content_hash == content_hash(input=given, expected=expected)


def test_the_old_names_can_be_read_and_not_set() -> None:
    for case in (old(**OLD), NL2APITestCase(**NEW)):
        values = [getattr(case, name) for name in OLD]
        assert values == [OLD["nl_query"], [CALL], {"sky": "clear"}, "It is clear."]
        for name in OLD:
            with pytest.raises(ValidationError, match="frozen|no setter"):
                setattr(case, name, "x")


def test_the_warning_points_at_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        NL2APITestCase(**OLD)
    assert [warning.filename for warning in caught] == [__file__]


def test_the_new_names_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert NL2APITestCase(key="a", **NEW).key == "a"


@pytest.mark.parametrize(
    "call",
    [
        {"tool_name": "weather", "arguments": '{"city": "Rome"}'},
        {"name": "weather", "args": {"city": "Rome"}},
        {"tool": "weather", "parameters": {"city": "Rome"}},
        {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}},
    ],
)
def test_a_call_is_read_in_each_old_form(call: dict[str, Any]) -> None:
    case = old(nl_query="q", expected_tool_calls=[call])
    assert case.expected_tool_calls == [CALL]


def test_what_is_null_is_not_judged_and_an_empty_list_is() -> None:
    nothing = {"expected_tool_calls": None, "expected_response": None}
    case = old(nl_query="q", expected_nl_response="a", **nothing)
    assert case.case_fields()["expected"] == {"answer": "a"}
    assert old(nl_query="q", expected_tool_calls=[]).case_fields()["expected"] == {"calls": []}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"nl_query": "q"}, "calls, a response or an answer is wanted"),
        ({"nl_query": None, "expected_nl_response": "a"}, "input.query"),
        ({"nl_query": "q", "expected_tool_calls": [{"arguments": {}}]}, "expected.calls.0.name"),
        ({"nl_query": "q", "expected_tool_calls": "["}, "expected.calls"),
        ({"nl_query": "q", "expected": {"answer": "a"}}, "not both"),
        ({**OLD, "colour": "red"}, "colour"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_no_case_is_refused_by_its_place(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        NL2APITestCase(**fields)
