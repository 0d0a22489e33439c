"""What a case and an output of nl2api may look like."""

from __future__ import annotations

from typing import Any

import pytest

from packs.protocol import PackError
from packs.validate import validate_case, validate_output

TOOL = {"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}}
CALL = {"name": "f", "arguments": {"a": 1}}


def refused_at(input: Any, expected: Any) -> str:
    with pytest.raises(PackError) as caught:
        validate_case("nl2api", input=input, expected=expected)
    assert caught.value.code == "case_invalid"
    return caught.value.path


def test_a_case_stays_as_it_was_given() -> None:
    input = {"messages": [{"role": "user", "content": "?"}], "tools": [TOOL]}
    expected = {"calls": [{"name": "f", "accepted": {"a": [1, ""]}}], "response": None}
    assert validate_case("nl2api", input=input, expected=expected) == (input, expected)


def test_the_wrapping_of_openai_is_taken_off() -> None:
    wrapped = {"query": "?", "tools": [{"type": "function", "function": TOOL}]}
    input, _ = validate_case("nl2api", input=wrapped, expected={"calls": []})
    assert input["tools"] == [TOOL]
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    assert validate_output("nl2api", {"calls": [call]}) == {
        "calls": [{"name": "f", "arguments": "{}"}]
    }


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ({}, "input"),
        ({"query": ""}, "input"),
        ({"query": 5}, "input.query"),
        ({"query": "?", "functions": []}, "input.functions"),
        ({"query": "?", "tools": [{"parameters": {}}]}, "input.tools[0].name"),
        ({"query": "?", "tools": [TOOL, TOOL]}, "input.tools"),
        (
            {"query": "?", "tools": [{"name": "f", "parameters": {"type": "text"}}]},
            "input.tools[0].parameters",
        ),
    ],
)
def test_a_wrong_input_is_refused_at_its_path(input: Any, path: str) -> None:
    assert refused_at(input, {"calls": []}) == path


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        ({}, "expected"),
        ({"calls": [{"arguments": {}}]}, "expected.calls[0].name"),
        ({"calls": [CALL, {"name": "f", "args": {}}]}, "expected.calls[1].args"),
        ({"calls": [{"name": "f", "accepted": {"a": 1}}]}, "expected.calls[0].accepted.a"),
        ({"calls": [{**CALL, "accepted": {"a": [1]}}]}, "expected.calls[0]"),
        ({"answer": 5}, "expected.answer"),
    ],
)
def test_a_wrong_expected_value_is_refused_at_its_path(expected: Any, path: str) -> None:
    assert refused_at({"query": "?"}, expected) == path


@pytest.mark.parametrize("arguments", ["{", [1], None, 5, "{}"])
def test_any_arguments_can_be_recorded(arguments: Any) -> None:
    output = {"calls": [{"name": "f", "arguments": arguments}]}
    assert validate_output("nl2api", output) == output


@pytest.mark.parametrize("output", [{}, {"call": []}, {"calls": [{"name": 5}]}, "f()"])
def test_a_wrong_output_is_refused(output: Any) -> None:
    with pytest.raises(PackError, match="output_invalid"):
        validate_output("nl2api", output)
