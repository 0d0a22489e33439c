"""The best of several alternatives, where some could not be judged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import pytest

from judges.protocol import PASS, Score
from packs.alternatives import best_of

FAIL = Score(0.0, False, "not it")
LOST = Score.unscored("judge_reply_invalid", "the judge gave no verdict")
NOTHING = Score.unscored("expected_missing", "nothing is expected")
CASES = [
    ([FAIL, LOST], LOST),
    ([LOST, FAIL], LOST),
    ([LOST, PASS], PASS),
    ([FAIL, NOTHING], FAIL),
    ([NOTHING, FAIL], FAIL),
    ([FAIL, Score(0.4, False, "nearer")], Score(0.4, False, "nearer")),
]


@pytest.mark.parametrize(("scores", "best"), CASES)
def test_what_was_not_judged_is_no_failure(scores: list[Score], best: Score) -> None:
    assert best_of(iter(scores)) == best


@pytest.mark.parametrize(("scores", "best"), CASES)
def test_nor_where_a_model_judges(scores: list[Score], best: Score) -> None:
    async def later(score: Score) -> Score:
        return score

    given = best_of(later(score) for score in scores)
    assert isinstance(given, Awaitable)
    assert asyncio.run(_settled(given)) == best


def test_once_one_passed_no_other_is_begun() -> None:
    async def later(score: Score) -> Score:
        return score

    rest = iter([FAIL, LOST])
    scores = (later(score) for given in ([PASS], rest) for score in given)
    given = best_of(scores)
    assert isinstance(given, Awaitable)
    assert asyncio.run(_settled(given)) == PASS
    assert list(rest) == [FAIL, LOST]


async def _settled(given: Awaitable[Score]) -> Score:
    return await given
