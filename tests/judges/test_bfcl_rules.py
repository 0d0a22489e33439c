"""The value rules of profile bfcl, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from judges.bfcl import accepts

LIST_OF_DICTS = {"type": "array", "items": {"type": "dict"}}


def accepted(kind: Any, options: list[Any], value: Any) -> bool:
    """Ask for a value of an argument of this type (or schema)."""
    schema = kind if isinstance(kind, dict) else {"type": kind}
    return accepts(options, value, schema=schema, nested=True)


@pytest.mark.parametrize("value", ["New York", "NEW YORK", "new-york.", "New_York", "newyork"])
def test_texts_are_equal_without_case_space_and_marks(value: str) -> None:
    assert accepted("string", ["New York"], value)
    assert not accepted("string", ["New York"], f"{value} city")


@pytest.mark.parametrize(
    ("kind", "options", "value", "verdict"),
    [
        ("float", [5.0], 5, True),
        ("integer", [5], 5.0, False),
        ("integer", [5], "5", False),
        ("integer", [5], True, False),
        ("boolean", [True], "true", False),
        ("string", ["x", ""], None, False),
        ("integer", ["n", ""], "n", True),
        ("any", [5], 5, True),
    ],
)
def test_a_value_has_the_declared_type_or_that_of_the_first_accepted(
    kind: str, options: list[Any], value: Any, verdict: bool
) -> None:
    assert accepted(kind, options, value) is verdict


@pytest.mark.parametrize(
    ("element", "options", "value", "verdict"),
    [
        ("string", [["a", "b"]], ["A", "B."], True),
        ("string", [["a", "b"]], ["b", "a"], False),
        ("integer", [[1, 2], [2, 1]], [2, 1], True),
        ("float", [[1.0]], [1], False),
        ("integer", [[1]], 1, False),
    ],
)
def test_lists_compare_in_order(
    element: str, options: list[Any], value: Any, verdict: bool
) -> None:
    schema = {"type": "array", "items": {"type": element}}
    assert accepted(schema, options, value) is verdict


def test_the_fields_of_an_object_are_lists_of_accepted_values() -> None:
    options = [{"city": ["Rome", "Roma"], "zip": ["", "00100"]}]
    assert accepted("dict", options, {"city": "roma"})
    assert accepted("dict", options, {"city": "Rome", "zip": "00100"})
    assert not accepted("dict", options, {"zip": "00100"})
    assert not accepted("dict", options, {"city": "Rome", "country": "IT"})


def test_a_list_of_objects_compares_object_by_object() -> None:
    options = [[{"n": [1, 2]}, {"n": [3]}]]
    assert accepted(LIST_OF_DICTS, options, [{"n": 2}, {"n": 3}])
    assert not accepted(LIST_OF_DICTS, options, [{"n": 3}, {"n": 2}])
    assert not accepted(LIST_OF_DICTS, options, [{"n": 2}])


def test_plain_values_are_compared_by_the_same_rules() -> None:
    schema = {"type": "dict"}
    assert accepts([{"city": "Rome"}], {"city": "ROME"}, schema=schema, nested=False)
    assert not accepts([{"city": "Rome"}], {"city": "Oslo"}, schema=schema, nested=False)
