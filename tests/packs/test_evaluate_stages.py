"""The evaluator: prepared once, then one case after another; nothing a judge does gets out."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, JsonValue

from judges.protocol import JudgeError, Score
from packs.evaluator import Evaluator
from packs.prepare import prepare, prepare_pack
from packs.protocol import CaseJudge, PackError, Stage, StageResult, StageStatus, not_applicable


class Anything(BaseModel):
    """Any JSON."""

    value: JsonValue = None


class Scripted:
    """A pack whose outputs say what each of its three stages does; the first is a gate."""

    name: ClassVar[str] = "scripted"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "Stages that do as they are told"
    Input: ClassVar[type[BaseModel]] = Anything
    Expected: ClassVar[type[BaseModel]] = Anything
    Output: ClassVar[type[BaseModel]] = Anything
    Options: ClassVar[type[BaseModel]] = Anything

    def stages(self, options: Any) -> tuple[Stage, ...]:
        """Give a gate and two more."""
        names = ("gate", "second", "third")
        return tuple(Stage(name=name, judge="script", gate=name == "gate") for name in names)

    def judge_of(self, stage: Stage, options: Any) -> CaseJudge:
        """Give what the output holds for the stage."""

        def judge_case(expected: Any, output: Any, *, input: Any) -> Score:
            said = output.get(stage.name, Score(1.0, True))
            if isinstance(said, Exception):
                raise said
            return said  # type: ignore[no-any-return]  # a test may hand in what is no Score

        return judge_case


@pytest.fixture
def scripted() -> Evaluator:
    """An evaluator that does as the output says."""
    return prepare_pack(Scripted())


def statuses(results: tuple[StageResult, ...]) -> list[str]:
    return [result.status.value for result in results]


def run(evaluator: Evaluator, **output: Any) -> tuple[StageResult, ...]:
    return evaluator.score(input={}, expected={}, output=output)


def test_every_stage_is_judged_in_order(scripted: Evaluator) -> None:
    results = run(scripted)
    assert [result.stage for result in results] == ["gate", "second", "third"]
    assert statuses(results) == ["passed"] * 3


def test_a_failed_gate_skips_the_rest(scripted: Evaluator) -> None:
    results = run(scripted, gate=Score(0.0, False, "no"))
    assert statuses(results) == ["failed", "skipped", "skipped"]
    assert (results[1].code, results[1].score) == ("gate_failed", None)


def test_a_failed_stage_that_is_no_gate_skips_nothing(scripted: Evaluator) -> None:
    assert statuses(run(scripted, second=Score(0.0, False, "no"))) == ["passed", "failed", "passed"]


def test_a_gate_that_failed_in_an_earlier_step_skips_too(scripted: Evaluator) -> None:
    before = [StageResult("gate", StageStatus.FAILED, 0.0)]
    results = scripted.score(input={}, expected={}, output={}, stages=["third"], previous=before)
    assert [(result.stage, result.status) for result in results] == [("third", "skipped")]


def test_only_the_named_stages_are_judged(scripted: Evaluator) -> None:
    results = scripted.score(input={}, expected={}, output={}, stages=["second"])
    assert [result.stage for result in results] == ["second"]


def test_a_missing_output_is_unscored_not_zero(scripted: Evaluator) -> None:
    results = scripted.score(input={}, expected={}, output=None)
    assert {(r.status, r.score, r.code) for r in results} == {("unscored", None, "output_missing")}
    assert scripted.fold(results).overall_score is None


def test_nothing_to_judge_is_not_applicable(scripted: Evaluator) -> None:
    assert statuses(run(scripted, gate=not_applicable("none")))[0] == "not_applicable"


@pytest.mark.parametrize("error", [ValueError("boom"), KeyError("x"), RecursionError("deep")])
def test_a_crash_becomes_an_errored_row(scripted: Evaluator, error: Exception) -> None:
    result = run(scripted, second=error)[1]
    assert (result.status, result.score, result.code) == ("errored", None, "plugin_crashed")
    assert type(error).__name__ in result.reason


def test_a_coded_error_keeps_its_code(scripted: Evaluator) -> None:
    error = JudgeError("the model is away", code="model_away")
    result = run(scripted, third=error)[2]
    assert (result.status, result.code) == ("errored", "model_away")


@pytest.mark.parametrize(
    "score",
    [
        None,
        1.0,
        Score(1.5, True),
        Score(float("nan"), True),
        Score(0.5, None),
        Score(None, True, code="x"),
        Score(None, None, "no code"),
        Score(1.0, True, details={"x": {1}}),
        Score(1.0, True, details={"x": float("inf")}),
    ],
)
def test_a_score_that_breaks_the_rules_is_errored(scripted: Evaluator, score: Any) -> None:
    assert run(scripted, second=score)[1].code == "score_invalid"


def test_the_manifest_is_json_and_prepares_the_same_evaluator() -> None:
    options = {"judges": ["exact", {"name": "token_f1", "threshold": 0.6, "weight": 2}]}
    manifest = json.loads(json.dumps(prepare("exact", options).manifest()))
    assert prepare(manifest["pack"], manifest["options"]).manifest() == manifest
    assert manifest["stages"][1] == {
        "name": "token_f1",
        "judge": "token_f1",
        "judge_version": "1",
        "judge_options": {"threshold": 0.6},
        "judge_pins": {},
        "lane": "cpu",
        "weight": 2.0,
        "gate": False,
    }


@pytest.mark.parametrize(
    ("pack", "options", "code"),
    [
        ("exakt", {}, "pack_unknown"),
        ("exact", {"judges": []}, "options_invalid"),
        ("exact", {"judges": ["exact", "exact"]}, "options_invalid"),
        ("exact", {"judge": "exact"}, "options_invalid"),
        ("exact", {"judges": [{"name": "exact", "weight": 0}]}, "options_invalid"),
        ("exact", {"judges": ["exakt"]}, "judge_unknown"),
        ("exact", {"judges": [{"name": "token_f1", "options": {"x": 1}}]}, "judge_options"),
        ("nl2api", {"profile": "lax"}, "options_invalid"),
        ("nl2api", {"semantics": "no_such"}, "judge_unknown"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_case(pack: str, options: Any, code: str) -> None:
    with pytest.raises((PackError, JudgeError)) as caught:
        prepare(pack, options)
    assert caught.value.code == code
    assert caught.value.hint


def test_a_pack_without_usable_stages_is_refused() -> None:
    class Empty(Scripted):
        def stages(self, options: Any) -> tuple[Stage, ...]:
            return ()

    with pytest.raises(PackError, match="pack_broken"):
        prepare_pack(Empty())
