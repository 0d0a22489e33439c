"""The mock: the same every time, and called a mock wherever it shows."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from judges.mock import MockModel, mock
from judges.models import ChatRequest, EmbedRequest, calling
from judges.options import bind
from judges.pairwise import pairwise
from judges.protocol import Score
from judges.rubric import rubric


def judged(answer: str, **options: Any) -> Score:
    return asyncio.run(mock("Paris in France", answer, **options))


@pytest.mark.parametrize(
    ("answer", "value"),
    [("It is Paris, in France.", 1.0), ("Paris in Texas", 0.5), ("Lyon", 0.0)],
)
def test_it_counts_shared_words(answer: str, value: float) -> None:
    assert judged(answer).value == value
    assert judged(answer) == judged(answer)


def test_it_is_called_a_mock() -> None:
    score = judged("Lyon")
    assert score.reason == "C: mock: 0% of the words are there"
    assert (score.details["mock"], score.details["model"]) == (True, "mock")


def test_the_judges_say_so_when_a_mock_answers_them() -> None:
    with calling(MockModel()):
        assert asyncio.run(rubric("Paris", "Paris it is")).details["mock"] is True
        compared = asyncio.run(pairwise("one two", "two", input="one two three"))
    assert (compared.value, compared.details["mock"]) == (0.0, True)


def test_without_an_expected_answer_it_looks_into_the_input() -> None:
    score = asyncio.run(
        mock(None, "closed Tuesday", input="closed on Tuesday", rubric="faithfulness")
    )
    assert score.passed


def test_it_needs_no_network_and_no_lane() -> None:
    bound = bind("mock", {"rubric": "helpfulness"})
    assert (bound.lane, set(bound.pins)) == ("cpu", {"prompt", "rubric"})


def test_what_is_no_verdict_it_repeats() -> None:
    request = ChatRequest(model="x", messages=[{"role": "user", "content": "Hello"}])
    reply = asyncio.run(MockModel().chat(request))
    assert (reply.text, reply.usage.model) == ("mock: Hello", "mock")


def test_its_vectors_have_length_one_and_follow_the_words() -> None:
    texts = ["the red fox", "The RED fox!", "a blue whale", ""]
    reply = asyncio.run(MockModel().embed(EmbedRequest(model="x", texts=texts)))
    assert reply.vectors[0] == reply.vectors[1] != reply.vectors[2]
    assert {round(math.hypot(*vector), 9) for vector in reply.vectors} == {1.0}
