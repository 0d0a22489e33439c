"""Scoring raises for no case, whatever JSON the output is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packs.prepare import prepare

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["answer", "calls", "name", "arguments"]), inner)
    ),
    max_leaves=8,
)
CASES: dict[str, dict[str, Any]] = {
    "exact": {"input": {}, "expected": {"answer": "x"}},
    "nl2api": {
        "input": {"tools": [{"name": "f", "parameters": {"properties": {"a": {}}}}]},
        "expected": {"calls": [{"name": "f", "arguments": {"a": 1}}], "answer": "x"},
    },
}


@pytest.mark.parametrize("pack", sorted(CASES))
@settings(max_examples=80, deadline=None)
@given(output=json_values)
def test_any_output_gets_a_verdict_with_a_reason(pack: str, output: Any) -> None:
    evaluator = prepare(pack)
    results = evaluator.score(**CASES[pack], output=output)
    assert [result.stage for result in results] == [stage.name for stage in evaluator.stages]
    assert all(result.status == "passed" or result.reason for result in results)
    assert evaluator.fold(results).status in ("passed", "failed", "unscored", "errored")
