"""json_diff, valid_json and list_contains."""

from __future__ import annotations

from typing import Any

import pytest

from judges.structure import json_diff, list_contains, read_json, valid_json


def test_json_diff_names_the_path_of_each_difference() -> None:
    score = json_diff({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}})
    assert score.reason == "a.b[1]: expected 2, got 3"
    assert score.details["differences"] == [{"path": "a.b[1]", "expected": "2", "answer": "3"}]


def test_json_diff_scores_the_mean_over_the_union_of_keys() -> None:
    assert json_diff({"a": 1, "b": 2}, {"a": 1, "c": 2}).value == pytest.approx(1 / 3)


def test_json_diff_says_what_is_missing_and_what_is_too_much() -> None:
    reason = json_diff({"a": 1}, {"b": 2}).reason
    assert reason == "a: expected 1, got nothing; b: not expected: 2"


def test_json_diff_passes_from_its_threshold() -> None:
    assert json_diff({"a": 1, "b": 2}, {"a": 1, "b": 3}, threshold=0.5).passed


def test_json_diff_reads_json_text_unless_told_not_to() -> None:
    assert json_diff({"a": 1}, '{"a": 1}').passed
    assert not json_diff({"a": 1}, '{"a": 1}', parse=False).passed


def test_json_diff_shows_only_the_first_differences() -> None:
    score = json_diff(list(range(100)), [-1] * 100)
    assert (len(score.details["differences"]), score.details["count"]) == (20, 100)


def test_graded_leaves_may_be_nearly_equal() -> None:
    assert json_diff({"a": 1}, {"a": 2}, leaves="graded").value == pytest.approx(2 / 3)
    assert json_diff({"a": 1}, {"a": 2}).value == 0
    assert json_diff("a" * 100_001, "b", leaves="graded").code == "text_too_long"


@pytest.mark.parametrize("constant", ["NaN", "[Infinity]", "{", "[" * 100_000])
def test_what_is_not_json_stays_a_text(constant: str) -> None:
    assert read_json(constant) == constant


@pytest.mark.parametrize(
    ("answer", "passed"),
    [('{"a": 1}', True), ([1], True), ("1", False), (1, False), ("{a}", False)],
)
def test_valid_json_wants_an_object_or_a_list(answer: Any, passed: bool) -> None:
    assert valid_json(None, answer).passed is passed


def test_valid_json_says_where_the_schema_is_not_met() -> None:
    schema = {"properties": {"a": {"items": {"type": "integer"}}}}
    assert valid_json(None, {"a": [1, "x"]}, schema=schema).reason.startswith("a[1]: 'x' is not")


def test_a_schema_that_is_none_is_unscored() -> None:
    assert valid_json(None, {}, schema={"type": 5}).code == "schema_refused"


def test_list_contains_leaves_the_order_free() -> None:
    assert list_contains([1, "a", {"b": 2}], [{"b": 2}, 1, "a"]).passed
    assert list_contains(["a", "a"], ["a", "b"]).value == 0.5


def test_list_contains_may_pair_similar_elements_as_best_it_can() -> None:
    assert list_contains(["ab", "abcd"], ["abcd", "abc"], similar=True).value == pytest.approx(
        5 / 6
    )


@pytest.mark.parametrize(
    ("expected", "answer", "code"),
    [("a", ["a"], "expected_not_list"), ([1] * 501, [1], "list_too_long"), ([1], "a", "")],
)
def test_list_contains_wants_lists(expected: Any, answer: Any, code: str) -> None:
    score = list_contains(expected, answer)
    assert (score.code, bool(score.passed)) == (code, False)
