"""A JSON Schema from a curator can neither fetch an address nor stop the worker."""

from __future__ import annotations

import time
from typing import Any

import pytest

from judges.protocol import JudgeError
from judges.schema import check_schema, schema_problem


def test_a_reference_to_an_address_is_refused_not_fetched() -> None:
    with pytest.raises(JudgeError, match="schema_refused"):
        schema_problem({"$ref": "http://127.0.0.1:9/schema.json"}, {})


def test_a_reference_inside_the_schema_works() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert schema_problem(schema, {"a": 1}) is None
    assert schema_problem(schema, {"a": "x"}) == ("a", "'x' is not of type 'integer'")


def test_a_pattern_takes_linear_time() -> None:
    started = time.process_time()
    assert schema_problem({"pattern": "^(a+)+$"}, "a" * 20_000 + "b") is not None
    assert time.process_time() - started < 2


@pytest.mark.parametrize("schema", [{"type": "text"}, {"required": "a"}, 5])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(JudgeError, match="schema_refused"):
        check_schema(schema)


def test_pattern_properties_are_refused() -> None:
    with pytest.raises(JudgeError, match="patternProperties"):
        schema_problem({"patternProperties": {"a": {}}}, {"a": 1})
