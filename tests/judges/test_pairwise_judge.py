"""pairwise: blind, in both orders, and a tie where the order decides."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from judges.fence import fenced
from judges.models import ChatRequest, calling
from judges.options import bind
from judges.pairwise import pairwise
from judges.protocol import JudgeError, Score
from tests.judges.worst_cases import Scripted, WorstCase, chosen, verdict


class Prefers(WorstCase):
    """Prefers the output with this text, wherever it stands."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        return verdict(verdict_id, choice="a" if fenced(data)["output_a"] == self.text else "b")


def compared(model: WorstCase, answer: Any = "mine", **options: Any) -> Score:
    with calling(model):
        return asyncio.run(pairwise("theirs", answer, input="Write.", **options))


@pytest.mark.parametrize(("text", "value"), [("mine", 1.0), ("theirs", 0.0)])
def test_who_wins_in_both_orders_wins(text: str, value: float) -> None:
    score = compared(Prefers(text))
    assert (score.value, score.passed) == (value, bool(value))
    assert score.details["as_given"] == score.details["swapped"]
    assert score.details["order_bias"] is None


@pytest.mark.parametrize(("side", "bias"), [("a", "first"), ("b", "second")])
def test_who_wins_by_place_gets_a_tie(side: str, bias: str) -> None:
    score = compared(Scripted(chosen(side)))
    assert (score.value, score.passed, score.details["order_bias"]) == (0.5, True, bias)
    assert {score.details["as_given"], score.details["swapped"]} == {"answer", "other"}


def test_a_tie_may_not_be_enough() -> None:
    score = compared(Scripted(chosen("tie")), threshold=1.0)
    assert (score.value, score.passed) == (0.5, False)
    assert score.reason == "none is preferred in both orders: as told"


def test_one_win_and_one_tie_are_a_tie() -> None:
    assert compared(Scripted(chosen("a"), chosen("tie"))).value == 0.5


def test_one_order_without_a_verdict_is_unscored() -> None:
    score = compared(Scripted("?", "?", "?", chosen("b")))
    assert (score.value, score.code) == (None, "judge_reply_invalid")
    assert sorted(map(str, (score.details["as_given"], score.details["swapped"])))[0] == "None"


def test_nothing_says_which_output_is_whose() -> None:
    model = Scripted(chosen("tie"))
    compared(model)
    texts = [_without_marks(request) for request in model.requests]
    swapped = texts[1].replace("mine", "-").replace("theirs", "mine").replace("-", "theirs")
    assert texts[0] == swapped


def test_the_same_text_is_a_tie_without_a_model() -> None:
    assert asyncio.run(pairwise("same", " same ")).value == 0.5


@pytest.mark.parametrize(
    ("expected", "answer", "value", "code"),
    [
        ("theirs", "...", 0.0, "answer_empty"),
        ("...", "mine", 1.0, ""),
        (None, "mine", None, "expected_missing"),
        ("", "mine", None, "expected_missing"),
        ("x" * 100_001, "mine", None, "text_too_long"),
    ],
)
def test_what_needs_no_model(expected: Any, answer: str, value: float | None, code: str) -> None:
    score = asyncio.run(pairwise(expected, answer))
    assert (score.value, score.code) == (value, code)


def test_a_long_input_is_unscored_too() -> None:
    assert asyncio.run(pairwise("a", "b", input="x" * 100_001)).code == "text_too_long"


def test_plain_text_is_read_where_it_is_asked_for() -> None:
    model = Scripted("Output (a) is better.")
    score = compared(model, reply="text")
    assert (score.details["order_bias"], model.requests[0].schema) == ("first", None)
    assert "Output (a) or Output (b)" in model.requests[0].messages[0]["content"]
    assert compared(Scripted("2"), reply="text", patterns={"a": "1", "b": "2"}).value == 0.5


def test_a_rubric_that_is_not_for_pairs_is_refused() -> None:
    with pytest.raises(JudgeError, match="rubric_invalid"):
        bind("pairwise", {"rubric": "correctness"})


def _without_marks(request: ChatRequest) -> str:
    return str(sorted(fenced(str(request.messages[1]["content"])).items()))
