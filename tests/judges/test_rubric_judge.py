"""The judge rubric: what it asks, what it makes of the replies, and what fixes its verdict."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from judges.fence import sealed_with
from judges.models import ModelError, calling, metered
from judges.options import bind
from judges.protocol import JudgeError, Score
from judges.rubric import rubric
from judges.rubrics import BUILTIN_RUBRICS, read_rubric, rubric_of
from judges.together import together
from judges.votes import agreement
from tests.judges.test_verdict_fuzz import SPOILS, good
from tests.judges.worst_cases import Flips, Refuses, Scripted, WorstCase, chosen

OWN: dict[str, Any] = {
    "title": "Is it polite?",
    "instructions": "Judge the tone alone.",
    "choices": {
        "yes": {"score": 1, "means": "polite"},
        "so_so": {"score": 0.4, "means": "plain"},
        "no": {"score": 0, "means": "rude"},
    },
}


def judged(asked: WorstCase, answer: Any = "Lutetia", **options: Any) -> Score:
    with calling(asked):
        return asyncio.run(rubric("Paris", answer, input="Capital?", **options))


@pytest.mark.parametrize(
    ("choice", "value", "passed"), [("A", 1.0, True), ("B", 0.5, False), ("C", 0.0, False)]
)
def test_a_choice_is_worth_what_the_table_says(choice: str, value: float, passed: bool) -> None:
    score = judged(Scripted(chosen(choice)))
    assert (score.value, score.passed) == (value, passed)
    assert score.details == {"choice": choice, "reasoning": "as told", "model": "worst"}
    assert score.reason == ("" if passed else f"{choice}: as told")


def test_the_threshold_stands_above_the_pass_mark() -> None:
    assert judged(Scripted(chosen("B")), threshold=0.5).passed


def test_a_rubric_may_be_given_whole() -> None:
    model = Scripted(chosen("so_so"))
    assert judged(model, rubric=OWN, threshold=0.4).passed
    assert "- so_so: plain" in model.requests[0].messages[0]["content"]
    assert model.requests[0].schema is not None
    assert model.requests[0].schema["properties"]["choice"]["enum"] == ["yes", "so_so", "no"]


def test_a_reply_that_is_no_verdict_is_repaired_once() -> None:
    model = Scripted("It is fine.", chosen("A"))
    assert judged(model).passed
    orders = model.requests[1].messages[0]["content"]
    assert "An earlier reply could not be used: it was not one JSON object" in orders
    assert "It is fine." not in str(model.requests[1].messages)


def test_after_two_replies_that_are_none_it_is_unscored() -> None:
    model = Scripted("It is fine.\x00\ud800")
    score = judged(model)
    assert (score.value, score.code, model.calls) == (None, "judge_reply_invalid", 2)
    assert score.details == {"reply": "It is fine.\ufffd", "model": "worst"}


def test_a_refusal_is_unscored_under_its_own_code() -> None:
    assert judged(Refuses()).code == "judge_refused"


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_verdict_is_never_a_zero(spoil: Any) -> None:
    chance = random.Random(7)
    for _ in range(20):
        text = spoil(chance, {**good(), "verdict_id": "$id"})
        assert judged(Scripted(text)).value is None, text


def test_a_failed_call_is_raised() -> None:
    with pytest.raises(ModelError, match="model_unconfigured"):
        asyncio.run(rubric("Paris", "Paris"))


@pytest.mark.parametrize("name", ["faithfulness", "helpfulness", "instruction_following"])
def test_what_a_rubric_needs_must_be_there(name: str) -> None:
    assert asyncio.run(rubric("a", "b", rubric=name)).code == "input_missing"
    assert asyncio.run(rubric(None, "b", rubric="correctness")).code == "expected_missing"


def test_faithfulness_does_not_see_the_expected_answer() -> None:
    model = Scripted(chosen("A"))
    judged(model, rubric="faithfulness")
    assert "Paris" not in str(model.requests[0].messages)


def test_the_median_of_the_votes_decides() -> None:
    score = judged(Scripted(chosen("A"), chosen("C"), chosen("B")), votes=3)
    assert (score.value, score.passed) == (0.5, False)
    assert sorted(score.details["votes"]) == ["A", "B", "C"]
    assert (score.details["agreement"], score.details["spread"]) == (0.0, 1.0)


def test_votes_that_fail_are_left_out_and_shown() -> None:
    score = judged(Scripted("?", "?", "?", chosen("A")), votes=3)
    assert score.value == 1.0
    assert sorted(map(str, score.details["votes"])).count("None") == 1


def test_too_few_votes_give_no_score() -> None:
    score = judged(Scripted("?"), votes=3)
    assert (score.value, score.code) == (None, "judge_reply_invalid")


def test_agreement_is_that_of_the_pairs() -> None:
    assert agreement("AAA") == 1
    assert agreement("AAB") == pytest.approx(1 / 3)
    assert agreement("A") is None


def test_a_judge_that_flips_reports_how_much() -> None:
    async def judge(n: int) -> Score:
        return await rubric("Paris", f"{n}", votes=3)

    with calling(Flips(0.2)):
        scores = asyncio.run(together(judge, range(2000), at_once=50))
    found = mean(score.details["agreement"] for score in scores)
    assert found == pytest.approx(0.8**2 + 0.2**2, abs=0.03)


def test_the_same_request_has_the_same_key_and_fence() -> None:
    model = Scripted(chosen("A"))
    for _ in range(2):
        judged(model)
    first, second = model.requests
    assert first == second


@pytest.mark.parametrize(
    "other",
    [
        {"answer": "Lutetia\u200b"},
        {"model": "m"},
        {"endpoint": "e"},
        {"temperature": 0.5},
        {"parameters": {"seed": 1}},
        {"rubric": OWN},
        {"rubric": "helpfulness"},
    ],
)
def test_whatever_matters_changes_key_and_fence(other: dict[str, Any]) -> None:
    model = Scripted(chosen("A"))
    for options in ({}, other):
        judged(model, **options)
    requests = [model.requests[0], model.requests[-1]]
    assert requests[0].key != requests[1].key
    assert requests[0].messages[0] != requests[1].messages[0]


def test_each_vote_and_each_secret_has_a_key_of_its_own() -> None:
    model = Scripted(chosen("A"))
    judged(model, votes=3)
    for secret in (b"one", b"two"):
        with sealed_with(secret):
            judged(model)
    assert len({request.key for request in model.requests}) == 5


def test_a_reply_of_another_worker_fits_where_the_secret_is_shared() -> None:
    with sealed_with(b"deployment"):
        model = Scripted(chosen("A"))
        judged(model)
        judged(model)
    assert len({str(request.messages) for request in model.requests}) == 1


def test_parameters_that_are_none_are_left_to_the_server() -> None:
    model = Scripted(chosen("A"))
    judged(model, temperature=None, max_tokens=None, parameters={"seed": 7})
    assert model.requests[0].parameters == {"seed": 7}


@pytest.mark.parametrize("name", ["rubric", "pairwise"])
@pytest.mark.parametrize("taken", ["model", "n", "stream", "messages"])
def test_what_is_no_parameter_of_a_judge_is_refused(name: str, taken: str) -> None:
    with pytest.raises(JudgeError, match=f"not a parameter of a judge: {taken}"):
        bind(name, {"parameters": {taken: 2}})


def test_every_call_is_metered() -> None:
    with metered() as spent:
        judged(Scripted("?", "?", chosen("A")), votes=2)
    assert len(spent) == 3


def test_the_pins_hold_the_hashes_of_prompt_and_rubric() -> None:
    pins = [bind("rubric", {"rubric": name}).pins for name in ("correctness", "helpfulness")]
    assert pins[0]["prompt"] == pins[1]["prompt"]
    assert pins[0]["rubric"] != pins[1]["rubric"]
    assert (
        rubric.pins(rubric=OWN)["rubric"]
        == rubric.pins(rubric=json.loads(json.dumps(OWN)))["rubric"]
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("politeness", "rubric_unknown"),
        ("../rubric", "rubric_unknown"),
        ({**OWN, "colour": "red"}, "rubric_invalid"),
        ({**OWN, "choices": {"yes": {"score": 1, "means": "x"}}}, "rubric_invalid"),
        ({**OWN, "pass_mark": 0}, "rubric_invalid"),
        ({**OWN, "sees": ["input"], "needs": ["expected"]}, "rubric_invalid"),
        (
            {**OWN, "choices": {**OWN["choices"], "a b": {"score": 1, "means": "x"}}},
            "rubric_invalid",
        ),
    ],
)
def test_a_bad_rubric_is_refused_before_anything_runs(given: Any, code: str) -> None:
    with pytest.raises(JudgeError, match=code):
        bind("rubric", {"rubric": given})


@pytest.mark.parametrize("suffix", ["toml", "json"])
def test_a_rubric_is_read_from_a_file(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"own.{suffix}"
    tables = "".join(
        f'[choices.{name}]\nscore = {one["score"]}\nmeans = "{one["means"]}"\n'
        for name, one in OWN["choices"].items()
    )
    toml = f'title = "{OWN["title"]}"\ninstructions = "{OWN["instructions"]}"\n{tables}'
    file.write_text(toml if suffix == "toml" else json.dumps(OWN))
    assert rubric_of(read_rubric(file)).digest == rubric_of(OWN).digest


def test_a_file_that_is_no_rubric_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text("title = ")
    with pytest.raises(JudgeError, match="rubric_invalid"):
        read_rubric(file)


@pytest.mark.parametrize("name", BUILTIN_RUBRICS)
def test_the_builtin_rubrics_are_whole(name: str) -> None:
    assert 0 in {choice.score for choice in rubric_of(name).choices.values()}


@pytest.mark.parametrize("name", ["correctness", "helpfulness"])
def test_no_prompt_is_longer_than_foreseen(name: str) -> None:
    model = Scripted("?")
    score = judged(model, rubric=name, votes=2)
    (ask,) = rubric.calls(rubric=name, votes=2)
    assert (score.value, model.calls, ask.calls) == (None, ask.at_most, 2)
    case = len("Paris" + "Capital?" + "Lutetia")
    lengths = [sum(len(m["content"].encode()) for m in r.messages) for r in model.requests]
    assert max(lengths) <= ask.prompt_bytes + case <= max(lengths) + 100
