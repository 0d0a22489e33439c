"""tool_schema: known tools, required arguments, types and the rest of JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from judges.toolschema import as_json_schema, tool_schema


def problem(properties: Any, arguments: Any, *, profile: Any = "standard", **schema: Any) -> str:
    """Give what is wrong with a call of f, whose parameters are these."""
    tools = [{"name": "f", "parameters": {"properties": properties, **schema}}]
    calls = [{"name": "f", "arguments": arguments}]
    return tool_schema(tools, calls, profile=profile).reason


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "x", 5),
        ("integer", 5, 5.5),
        ("integer", 5, True),
        ("integer", 5, "5"),
        ("number", 5, "5"),
        ("float", 5.5, None),
        ("boolean", False, 0),
        ("array", [], {}),
        ("tuple", [1], "1"),
        ("dict", {}, []),
        ("object", {}, None),
        (["string", "null"], None, 5),
    ],
)
def test_types_are_checked(kind: Any, good: Any, bad: Any) -> None:
    assert problem({"a": {"type": kind}}, {"a": good}) == ""
    assert problem({"a": {"type": kind}}, {"a": bad}).startswith("f.a: expected ")


@pytest.mark.parametrize("value", [1, "x", None, [], {}])
def test_any_value_fits_any(value: Any) -> None:
    assert problem({"a": {"type": "any"}, "b": {}}, {"a": value, "b": value}) == ""


def test_a_whole_float_is_an_integer_unless_strict() -> None:
    assert problem({"a": {"type": "integer"}}, {"a": 5.0}) == ""
    wrong = problem({"a": {"type": "integer"}}, {"a": 5.0}, profile="strict")
    assert wrong == "f.a: expected integer, got 5.0"


def test_a_required_argument_must_be_there() -> None:
    assert problem({"a": {}}, {}, required=["a"]) == "f.a: required, but missing"


def test_an_unknown_argument_fails_unless_allowed() -> None:
    assert problem({}, {"a": 1}) == "f.a: the tool has no such argument"
    assert problem({}, {"a": 1}, additionalProperties=True) == ""


def test_an_unknown_tool_fails() -> None:
    score = tool_schema([{"name": "f"}], [{"name": "g", "arguments": {}}])
    assert score.reason == "g: there is no such tool, only f"


def test_enum_and_items_and_nested_fields_are_checked_with_their_path() -> None:
    nested = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    properties = {"unit": {"enum": ["c", "f"]}, "rows": {"type": "array", "items": nested}}
    assert problem(properties, {"unit": "C"}) == 'f.unit: expected one of ["c", "f"], got "C"'
    assert problem(properties, {"rows": [{"x": 1}, {}]}) == "f.rows[1].x: required, but missing"
    assert problem(properties, {"rows": [{"x": "1"}]}) == 'f.rows[0].x: expected integer, got "1"'


def test_other_keywords_are_checked_too() -> None:
    assert problem({"a": {"type": "integer", "minimum": 3}}, {"a": 2}).startswith("f.a: 2 is less")
    assert "f.a" in problem({"a": {"anyOf": [{"type": "dict"}]}}, {"a": []})
    assert problem({"a": {}, "b": {}}, {"a": 1}, minProperties=2).startswith("f: ")


def test_bfcl_leaves_types_to_the_values() -> None:
    assert problem({"a": {"type": "integer"}}, {"a": "x"}, profile="bfcl") == ""


def test_arguments_that_are_no_object_fail() -> None:
    assert problem({}, "[1]") == 'f: the arguments are not a JSON object: "[1]"'


def test_the_wrapping_of_openai_is_taken_off() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"properties": {}}}}]
    assert tool_schema(tools, [{"name": "f", "arguments": {}}]).passed


def test_what_is_no_list_of_tools_is_unscored() -> None:
    assert tool_schema("f", []).code == "expected_not_tools"


def test_other_names_of_types_become_those_of_json_schema() -> None:
    schema = {"type": "dict", "properties": {"a": {"type": "float"}, "type": {"type": "any"}}}
    assert as_json_schema(schema) == {
        "type": ["object"],
        "properties": {"a": {"type": ["number"]}, "type": {}},
    }
