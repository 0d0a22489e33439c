"""The trial of a judge: who is found out, and who is trusted."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from judges.fence import fenced
from judges.models import ModelError, calling
from judges.options import bind
from judges.preflight import MOST_FALSE_FAILS, MOST_FALSE_PASSES, Preflight, preflight, probes
from tests.judges.worst_cases import Refuses, Scripted, WorstCase, chosen, verdict


class Knows(WorstCase):
    """Judges rightly, but for some answers of one kind."""

    def __init__(self, kind: str = "", *, wrong: int = 0) -> None:
        super().__init__()
        self.good = {probe.answer for probe in probes() if probe.kind == "good"}
        chosen = [p.answer for p in probes() if p.kind == kind and any(map(str.isalnum, p.answer))]
        self.wrong = [answer.partition("\n")[0] for answer in chosen[:wrong]]

    def says(self, *, orders: str, data: str, verdict_id: str) -> str:
        answer = fenced(data)["answer"]
        right = answer in self.good
        is_wrong = any(answer.startswith(wrong) for wrong in self.wrong)
        return verdict(verdict_id, choice="A" if right is not is_wrong else "C")


def trial(model: WorstCase, **options: Any) -> Preflight:
    with calling(model):
        return asyncio.run(preflight(bind("rubric", options)))


def test_there_are_ten_probes_of_each_kind() -> None:
    assert set(Counter(probe.kind for probe in probes()).values()) == {10}
    assert len({probe.answer for probe in probes()}) == 40


def test_no_bad_probe_holds_what_was_expected() -> None:
    bad = [probe for probe in probes() if probe.kind != "good"]
    assert not [p.answer for p in bad if p.expected.casefold() in p.answer.casefold()]


def test_a_judge_that_knows_is_trusted() -> None:
    found = trial(Knows())
    assert (found.passed, found.false_passes, found.false_fails) == (True, 0, 0)


@pytest.mark.parametrize("kind", ["bad", "master_key", "injection"])
@pytest.mark.parametrize("wrong", [MOST_FALSE_PASSES, MOST_FALSE_PASSES + 1])
def test_a_judge_that_lets_bad_ones_pass_is_not(kind: str, wrong: int) -> None:
    found = trial(Knows(kind, wrong=wrong))
    assert (found.false_passes, found.passed) == (wrong, wrong <= MOST_FALSE_PASSES)


@pytest.mark.parametrize("wrong", [MOST_FALSE_FAILS, MOST_FALSE_FAILS + 1])
def test_nor_is_one_that_fails_good_ones(wrong: int) -> None:
    found = trial(Knows("good", wrong=wrong))
    assert (found.false_fails, found.passed) == (wrong, wrong <= MOST_FALSE_FAILS)


def test_a_judge_that_says_yes_to_everything_is_found_out() -> None:
    found = trial(Scripted(chosen("A")))
    assert (found.passed, found.false_passes, found.false_fails) == (False, 30, 0)
    assert len(found.as_json()["wrong"]) == 30


def test_a_judge_that_gives_no_verdict_is_not_trusted() -> None:
    found = trial(Refuses())
    assert (found.passed, found.false_passes, found.false_fails) == (False, 0, 10)
    assert found.as_json()["wrong"][0]["code"] == "judge_refused"


def test_a_judge_that_cannot_be_asked_was_not_tried() -> None:
    with pytest.raises(ModelError, match="model_unconfigured"):
        asyncio.run(preflight(bind("rubric", {})))


@pytest.mark.parametrize(
    ("name", "options", "passed"),
    [
        ("mock", {}, True),
        ("mock", {"rubric": "helpfulness"}, True),
        ("mock", {"rubric": "faithfulness"}, False),
        ("includes", {}, True),
        ("exact", {}, False),
        ("jury", {"judges": ["mock", "includes"]}, True),
    ],
)
def test_any_judge_can_be_tried(name: str, options: dict[str, Any], passed: bool) -> None:
    assert asyncio.run(preflight(bind(name, options))).passed is passed
