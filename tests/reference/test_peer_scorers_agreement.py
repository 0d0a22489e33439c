"""Our deterministic judges against a peer's own cases, where the definitions agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from judges.options import bind
from judges.protocol import Score

SAME: dict[str, tuple[str, dict[str, Any]]] = {
    "levenshtein": ("levenshtein", {}),
    "string_as_json": ("levenshtein", {}),
    "numeric": ("numeric", {"graded": True}),
    "list_contains": ("list_contains", {"similar": True}),
    "json": ("json_diff", {"leaves": "graded", "parse": False}),
    "semantic_json": ("json_diff", {"leaves": "graded"}),
    "valid_json": ("valid_json", {}),
    "exact_match": ("exact", {}),
}


def agrees(case: dict[str, Any]) -> bool:
    """Judge a peer's case by our judge of the same definition."""
    name, options = SAME[case["scorer"]]
    if case.get("schema"):
        options = {**options, "schema": case["schema"]}
    score = bind(name, options).value(case.get("expected"), case["output"])
    assert isinstance(score, Score)
    return bool(score.value == pytest.approx(case["score"], abs=1e-3))


def test_they_agree_but_where_the_docs_say_so(reference: Callable[[str], list[Any]]) -> None:
    cases = reference("peer_scorers/autoevals.json")
    assert len(cases) == 79
    # Their exact match compares JSON text: 123 is "123" there, and the order of keys counts.
    assert Counter(case["scorer"] for case in cases if not agrees(case)) == {"exact_match": 5}
