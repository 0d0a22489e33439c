"""What the model stages of a manifest will ask, foreseen without asking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from judges.models import Ask
from judges.protocol import Score
from judges.registry import BUILTIN_JUDGES
from packs.forecast import BYTES_PER_TOKEN, Foreseen, Workload, foresee


class Voting:
    """A judge that asks one model, once a vote."""

    lane = "model"

    def __call__(self, expected: Any, answer: Any, *, votes: int = 1, model: str = "") -> Score:
        return Score.of(1.0)

    def calls(self, **options: Any) -> int | Sequence[Ask]:
        """One call a vote."""
        return int(options.get("votes", 1))


class Jury(Voting):
    """A judge that asks two models."""

    def calls(self, **options: Any) -> Sequence[Ask]:
        """One short call and two long ones, that may be repaired."""
        return [
            Ask(calls=1, model="small", endpoint="here", prompt_bytes=64, max_tokens=10),
            Ask(calls=2, at_most=4, model="large", max_tokens=1000),
        ]


voting, jury = Voting(), Jury()


@pytest.fixture(autouse=True)
def _judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILTIN_JUDGES, "voting", "tests.packs.test_forecast:voting")
    monkeypatch.setitem(BUILTIN_JUDGES, "jury", "tests.packs.test_forecast:jury")


def foreseen(judge: str, *, lane: str = "model", **options: Any) -> list[Foreseen]:
    """Foresee 10 scorings of 360 bytes each."""
    stage = {"name": "s", "judge": judge, "judge_options": options, "lane": lane}
    return list(foresee({"stages": [stage]}, workload=Workload(n=10, bytes_total=3600)))


def test_what_is_not_in_the_model_lane_asks_nothing() -> None:
    assert foreseen("exact", lane="cpu") == []


def test_a_number_of_calls_is_of_the_model_in_the_options() -> None:
    [asked] = foreseen("voting", votes=3, model="m")
    assert (asked.calls.expected, asked.calls.at_most, asked.model) == (30, 30, "m")
    assert asked.counted
    assert asked.tokens_out.at_most is None


def test_a_prompt_is_the_case_and_what_the_judge_adds() -> None:
    small, _ = foreseen("jury")
    assert small.tokens_in.expected == pytest.approx((3600 + 640) / BYTES_PER_TOKEN)
    assert small.tokens_in.at_most == 3600 + 640


def test_repairs_count_at_most() -> None:
    _, large = foreseen("jury")
    assert (large.calls.expected, large.calls.at_most) == (20, 40)
    assert (large.tokens_out.expected, large.tokens_out.at_most) == (20 * 150, 40 * 1000)


def test_a_short_reply_is_not_expected_to_be_longer() -> None:
    small, _ = foreseen("jury")
    assert small.tokens_out.expected == small.tokens_out.at_most == 100


@pytest.mark.parametrize("judge", ["exact", "a pack's own"])
def test_a_judge_that_does_not_say_is_one_call_and_not_counted(judge: str) -> None:
    [asked] = foreseen(judge)
    assert (asked.calls.expected, asked.counted) == (10, False)
