"""The pack exact: judges as stages, alternatives, patterns."""

from __future__ import annotations

from typing import Any

import pytest

from packs.prepare import prepare
from packs.protocol import PackError, StageResult
from packs.validate import validate_case, validate_output


def judged(judge: Any, expected: dict[str, Any], answer: Any) -> StageResult:
    """Judge one answer by one judge."""
    evaluator = prepare("exact", {"judges": [judge]})
    return evaluator.score(input={}, expected=expected, output={"answer": answer})[0]


def test_the_default_judge_is_exact() -> None:
    assert [stage.name for stage in prepare("exact").stages] == ["exact"]


def test_each_judge_is_a_stage_with_its_weight() -> None:
    evaluator = prepare("exact", {"judges": ["exact", {"name": "normalised", "weight": 3}]})
    results = evaluator.score(input={}, expected={"answer": "Yes"}, output={"answer": "yes."})
    assert [result.status for result in results] == ["failed", "passed"]
    assert evaluator.fold(results).overall_score == 0.75


def test_an_alternative_is_as_good_as_the_answer() -> None:
    expected = {"answer": "Holland", "alternatives": ["Netherlands", "NL"]}
    assert judged("exact", expected, "NL").status == "passed"
    assert judged("exact", expected, "Spain").status == "failed"


def test_the_best_alternative_gives_the_score() -> None:
    expected = {"answer": "x", "alternatives": ["k b c d", "k b c"]}
    assert judged("token_f1", expected, "k b").score == pytest.approx(0.8)


def test_an_alternative_may_save_an_answer_that_cannot_be_judged() -> None:
    assert judged("numeric", {"answer": "many", "alternatives": [5]}, 5).status == "passed"


def test_a_pattern_is_for_the_judge_regex() -> None:
    expected = {"answer": "42", "pattern": r"^4\d$"}
    assert judged("regex", expected, "47").status == "passed"
    assert judged("exact", expected, "47").status == "failed"
    assert judged("exact", {"pattern": "x"}, "x").code == "expected_missing"


def test_null_and_false_are_answers() -> None:
    assert judged("exact", {"answer": None}, None).status == "passed"
    assert judged("exact", {"answer": False}, False).status == "passed"


def test_only_what_was_given_is_kept() -> None:
    given = {"question": {"text": "?"}, "context": [1, 2.0]}
    assert validate_case("exact", input=given, expected={"answer": None}) == (
        given,
        {"answer": None},
    )


@pytest.mark.parametrize(
    ("input", "expected", "path"),
    [
        ({}, {"answer": 1}, "input.question"),
        ("what?", {"answer": 1}, "input"),
        ({"question": "?"}, {}, "expected"),
        ({"question": "?"}, {"anwser": 1}, "expected.anwser"),
        ({"question": "?"}, {"answer": 1, "alternatives": "x"}, "expected.alternatives"),
        ({"question": "?"}, {"pattern": "(?=a)"}, "expected.pattern"),
    ],
)
def test_a_wrong_case_is_refused_at_its_path(input: Any, expected: Any, path: str) -> None:
    with pytest.raises(PackError) as caught:
        validate_case("exact", input=input, expected=expected)
    assert (caught.value.code, caught.value.path) == ("case_invalid", path)


def test_an_output_needs_an_answer() -> None:
    assert validate_output("exact", {"answer": None, "seen": 1}) == {"answer": None, "seen": 1}
    with pytest.raises(PackError, match=r"output_invalid.*output\.answer"):
        validate_output("exact", {"text": "x"})
