"""The pack rag: what each stage is given, and when it has nothing to judge."""

from __future__ import annotations

from typing import Any

import pytest

from judges.mock import MockModel
from judges.models import ChatReply, ChatRequest, calling
from packs.prepare import prepare
from packs.protocol import PackError, StageResult
from packs.rag import PACK
from packs.validate import normalise

CONTEXTS = [
    {"id": "dam", "text": "The dam was finished in 1957 by Ida Marwell."},
    {"id": "lake", "text": "The lake is 74 metres deep."},
]
RIGHT = {"answer": "It is 74 metres deep.", "contexts": CONTEXTS}


def judged(stage: str, output: Any, **options: Any) -> StageResult:
    """Judge one stage with everything expected."""
    expected = {"answer": "74 metres", "sources": ["lake"], "answerable": True}
    return on(expected, stage, output=output, **options)


def on(expected: Any, stage: str, *, output: Any, **options: Any) -> StageResult:
    """Judge one stage of a case that expects this."""
    asked = {"question": "How deep?"}
    evaluator = prepare("rag", options)
    (result,) = evaluator.score(input=asked, expected=expected, output=output, stages=[stage])
    return result


@pytest.mark.parametrize("stage", ["retrieval", "faithfulness", "correctness", "answerability"])
def test_a_right_output_passes_each_stage(stage: str) -> None:
    assert judged(stage, RIGHT).status == "passed"


@pytest.mark.parametrize(
    ("stage", "output"),
    [
        ("retrieval", {"sources": ["dam", "hut"]}),
        ("retrieval", {"contexts": []}),
        ("faithfulness", {"answer": "It is 90 metres deep and salty.", "contexts": CONTEXTS}),
        ("faithfulness", {"answer": "It is 74 metres deep.", "contexts": []}),
        ("correctness", {"answer": "90 metres"}),
        ("correctness", {"answer": ""}),
        ("answerability", {"answer": "I do not know."}),
    ],
)
def test_a_wrong_output_fails(stage: str, output: Any) -> None:
    result = judged(stage, output)
    assert result.status == "failed"
    assert result.reason


@pytest.mark.parametrize(
    ("stage", "output", "code"),
    [
        ("retrieval", {"answer": "x"}, "sources_missing"),
        ("retrieval", {"contexts": ["without an id"]}, "sources_missing"),
        ("faithfulness", {"contexts": CONTEXTS}, "answer_missing"),
        ("correctness", {"contexts": CONTEXTS}, "answer_missing"),
        ("answerability", {"answer": None, "contexts": []}, "answer_missing"),
    ],
)
def test_what_is_not_recorded_is_unscored(stage: str, output: Any, code: str) -> None:
    result = judged(stage, output)
    assert (result.status, result.code, result.score) == ("unscored", code, None)


@pytest.mark.parametrize(
    ("expected", "stage"),
    [
        ({"answer": "x"}, "retrieval"),
        ({"sources": []}, "retrieval"),
        ({"sources": {"a": 0}}, "retrieval"),
        ({"sources": ["a"]}, "correctness"),
        ({"answer": "x", "answerable": False}, "correctness"),
        ({"answer": "x"}, "answerability"),
    ],
)
def test_what_is_not_expected_is_not_judged(expected: Any, stage: str) -> None:
    assert on(expected, stage, output=RIGHT).status == "not_applicable"


@pytest.mark.parametrize(
    "output",
    [
        {"answer": "It is 74 metres deep."},
        {"answer": "Sorry, the documents do not mention its depth.", "contexts": CONTEXTS},
        {"answer": "You are welcome.", "contexts": CONTEXTS},
    ],
)
def test_no_contexts_or_no_claim_is_not_unfaithful(output: Any) -> None:
    assert judged("faithfulness", output).status == "not_applicable"


@pytest.mark.parametrize(
    ("answer", "status"), [("It is 74 metres deep.", "passed"), ("Ida built it.", "failed")]
)
def test_the_case_may_bring_the_contexts(answer: str, status: str) -> None:
    (result,) = prepare("rag").score(
        input={"question": "?", "contexts": ["The lake is 74 metres deep."]},
        expected={"answerable": True},
        output={"answer": answer},
        stages=["faithfulness"],
    )
    assert result.status == status


def test_contexts_are_ranked_by_their_scores() -> None:
    scored = [{**context, "score": place} for place, context in enumerate(CONTEXTS)]
    assert judged("retrieval", {"contexts": scored}).score == 1.0
    assert judged("retrieval", {"contexts": CONTEXTS}).score == pytest.approx(0.6309, abs=1e-4)


def test_sources_come_before_contexts() -> None:
    result = judged("retrieval", {"sources": ["lake"], "contexts": CONTEXTS[:1]})
    assert result.score == 1.0
    assert result.details["precision@10"] == pytest.approx(0.1)


def test_the_best_alternative_counts() -> None:
    expected = {"answer": "243 feet", "alternatives": ["74 m", "74 metres"]}
    assert on(expected, "correctness", output=RIGHT).status == "passed"


def test_any_judge_may_judge_a_stage() -> None:
    measure = {"name": "retrieval", "options": {"measure": "mrr"}, "threshold": 0.6}
    evaluator = prepare("rag", {"retrieval": measure, "correctness": "exact"})
    results = evaluator.score(
        input={"question": "?"}, expected={"answer": "x", "sources": ["lake"]}, output=RIGHT
    )
    assert [result.status for result in results][:3] == ["failed", "passed", "failed"]
    assert results[0].score == 0.5


def test_a_model_judge_moves_its_stage_to_the_model_lane() -> None:
    evaluator = prepare("rag", {"faithfulness": {"name": "embedding", "options": {"model": "m"}}})
    lanes = {stage.name: stage.lane for stage in evaluator.stages}
    assert lanes.pop("faithfulness") == "model"
    assert set(lanes.values()) == {"cpu"}


def test_an_endpoint_may_judge_faithfulness() -> None:
    embedding = {"name": "embedding", "options": {"model": "m", "unit": "sentence"}}
    with calling(MockModel()):
        result = judged("faithfulness", RIGHT, faithfulness=embedding)
        far = judged(
            "faithfulness",
            {"answer": "Quite another.", "contexts": CONTEXTS},
            faithfulness=embedding,
        )
    assert (result.status, far.status) == ("passed", "failed")
    assert result.details["calls"]


class Overhears(MockModel):
    """A mock that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked = ""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Note the messages and answer as the mock does."""
        self.asked += str(request.messages)
        return await super().chat(request)


def test_a_model_that_judges_faithfulness_sees_the_contexts() -> None:
    rubric = {"name": "rubric", "options": {"rubric": "faithfulness", "model": "m"}}
    caller = Overhears()
    with calling(caller):
        result = judged("faithfulness", RIGHT, faithfulness=rubric)
    assert result.details["calls"]
    assert all(context["text"] in caller.asked for context in CONTEXTS)


@pytest.mark.parametrize(
    "expected",
    [{}, {"alternatives": ["x"]}, {"answer": ""}, {"sources": {"a": 1.5}}, {"answerable": "no"}],
)
def test_a_case_that_expects_nothing_sound_is_refused(expected: Any) -> None:
    with pytest.raises(PackError):
        normalise(PACK.Expected, expected, at="expected")


def test_ids_stay_as_they_are() -> None:
    output = {"answer": "x", "sources": [7, "7", {"id": 8, "score": 0.5}], "trace": [1]}
    assert normalise(PACK.Output, output, at="output") == output
