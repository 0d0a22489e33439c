"""jury: the rule, the quorum, the agreement, and jurors that fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from judges.jury import jury
from judges.models import Halt, ModelError, calling
from judges.options import bind
from judges.protocol import JudgeError, Score
from tests.judges.worst_cases import Scripted, WorstCase, chosen

LIKES: dict[str, Any] = {"name": "includes"}
DISLIKES = "exact"
HALF: dict[str, Any] = {"name": "token_f1", "threshold": 0.9}
FAILS = "rubric"


def verdict(*judges: Any, **options: Any) -> Score:
    given = bind("jury", {"judges": list(judges), **options}).value("b", "a b c", input="x")
    return given if isinstance(given, Score) else asyncio.run(_waited(given))


async def _waited(given: Any) -> Score:
    score: Score = await given
    return score


@pytest.mark.parametrize(
    ("rule", "judges", "value", "passed"),
    [
        ("majority", [LIKES, LIKES, DISLIKES], 2 / 3, True),
        ("majority", [LIKES, DISLIKES, DISLIKES], 1 / 3, False),
        ("majority", [LIKES, DISLIKES], 0.5, False),
        ("unanimous", [LIKES, LIKES], 1.0, True),
        ("unanimous", [LIKES, LIKES, DISLIKES], 2 / 3, False),
        ("mean", [LIKES, DISLIKES], 0.5, True),
        ("mean", [DISLIKES, HALF], 1 / 3, False),
    ],
)
def test_the_rule_decides(rule: str, judges: list[Any], value: float, passed: bool) -> None:
    score = verdict(*judges, rule=rule)
    assert score.value == pytest.approx(value)
    assert score.passed is passed
    assert bool(score.reason) is not passed


def test_agreement_and_each_vote_are_told() -> None:
    details = verdict(LIKES, LIKES, DISLIKES).details
    assert details["agreement"] == pytest.approx(1 / 3)
    assert [juror["passed"] for juror in details["jury"]] == [True, True, False]
    assert details["unscored"] == 0


def test_a_juror_that_fails_is_left_out_and_counted() -> None:
    score = verdict(LIKES, LIKES, FAILS)
    assert (score.value, score.details["unscored"]) == (1.0, 1)
    assert score.details["jury"][2]["code"] == "model_unconfigured"


def test_an_outage_of_one_juror_is_no_verdict_of_the_others() -> None:
    class Outage(WorstCase):
        def says(self, *, orders: str, data: str, verdict_id: str) -> str:
            raise ModelError("no reply", code="model_timeout")

    with calling(Outage()), pytest.raises(JudgeError, match="rubric: no reply"):
        verdict(LIKES, LIKES, FAILS)


@pytest.mark.parametrize(
    ("judges", "options"),
    [([LIKES, FAILS], {}), ([FAILS], {}), ([LIKES, LIKES, FAILS], {"quorum": 3})],
)
def test_too_few_scores_are_no_verdict(judges: list[Any], options: dict[str, Any]) -> None:
    score = verdict(*judges, **options)
    assert (score.value, score.code) == (None, "jury_no_quorum")
    assert score.details["jury"][-1]["code"] == "model_unconfigured"


def test_a_mock_in_the_jury_is_called_one() -> None:
    jurors = verdict("mock", LIKES).details["jury"]
    assert [juror.get("mock") for juror in jurors] == [True, None]


def test_models_sit_in_a_jury_beside_each_other() -> None:
    jurors = [{"name": "rubric", "options": {"model": name}} for name in ("m", "n", "o")]
    with calling(Scripted(chosen("A"), chosen("A"), chosen("C"))):
        score = verdict(*jurors)
    assert score.value == pytest.approx(2 / 3)
    assert score.passed


def test_a_halt_stops_the_whole_jury() -> None:
    class Halts(WorstCase):
        def says(self, *, orders: str, data: str, verdict_id: str) -> str:
            raise Halt("money_cap", "spent")

    with calling(Halts()), pytest.raises(Halt):
        verdict(LIKES, FAILS)


@pytest.mark.parametrize(
    ("judges", "code"),
    [
        ([], "jury_invalid"),
        ([{"title": "x"}], "jury_invalid"),
        (["python_tests"], "jury_invalid"),
        (["nobody"], "judge_unknown"),
        ([{"name": "exact", "options": {"x": 1}}], "judge_options"),
        ([{"name": "rubric", "options": {"rubric": "x"}}], "rubric_unknown"),
    ],
)
def test_a_bad_jury_is_refused_before_anything_runs(judges: list[Any], code: str) -> None:
    with pytest.raises(JudgeError, match=code):
        bind("jury", {"judges": judges})


def test_the_pins_are_those_of_every_juror() -> None:
    pins = bind("jury", {"judges": ["exact", "rubric"]}).pins
    assert set(pins) == {"0.exact", "1.rubric", "1.rubric.prompt", "1.rubric.rubric"}


def test_its_lane_is_that_of_models_only_where_one_is_asked() -> None:
    assert bind("jury", {"judges": ["exact", "mock"]}).lane == "cpu"
    assert bind("jury", {"judges": ["exact", "rubric"]}).lane == "model"


def test_it_foresees_what_its_jurors_ask() -> None:
    thrice = {"name": "rubric", "options": {"votes": 3, "model": "m", "max_tokens": 50}}
    asks = jury.calls(judges=["exact", thrice, "pairwise"])
    assert [(ask.calls, ask.at_most, ask.model) for ask in asks] == [(3, 6, "m"), (2, 4, "")]
    assert [ask.max_tokens for ask in asks] == [50, 1024]
