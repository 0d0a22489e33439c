"""packs.evaluate with judges that ask models: many cases at once, in scripts and notebooks."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

import packs.library
from judges.library import library_caller
from judges.mock import MockModel
from judges.models import Halt, calling
from judges.together import run_here, together
from tests.fake_model import FAILED, Call, fake_model

N = 24
CASES: list[dict[str, Any]] = [
    {"key": str(n), "input": {"question": "Capital?"}, "expected": {"answer": f"City {n}"}}
    for n in range(N)
]
OUTPUTS = {str(n): {"answer": f"It is City {n}" if n % 2 else "Unknown to me"} for n in range(N)}


def judge(call: Call) -> str:
    """Pass what holds a city."""
    found = re.search(r"verdict_id: the characters (\w+)", call.prompt)
    assert found is not None
    choice = "A" if "It is City" in call.prompt else "C"
    return json.dumps({"verdict_id": found[1], "reasoning": "x", "choice": choice})


def evaluated(judges: list[Any], at_once: int = 16) -> list[packs.library.Scorecard]:
    return packs.evaluate(
        "exact", cases=CASES, outputs=OUTPUTS, options={"judges": judges}, at_once=at_once
    )


async def in_a_notebook(judges: list[Any]) -> list[packs.library.Scorecard]:
    return evaluated(judges)


def test_the_cases_wait_beside_each_other() -> None:
    with fake_model(judge, latency_s=0.02) as fake, library_caller(fake.base_url, "a-long-key"):
        cards = evaluated(["rubric"], at_once=8)
    assert [card.overall_passed for card in cards] == [bool(n % 2) for n in range(N)]
    assert [card.key for card in cards] == [case["key"] for case in CASES]
    assert 2 <= fake.most_at_once <= 8
    assert fake.calls[0].headers["Authorization"] == "Bearer a-long-key"


def test_it_works_inside_a_running_loop() -> None:
    with fake_model(judge) as fake, library_caller(fake.base_url):
        cards = asyncio.run(in_a_notebook(["rubric"]))
    assert sum(bool(card.overall_passed) for card in cards) == N / 2
    assert len(fake.calls) == N


@pytest.mark.parametrize("judges", [["mock"], ["normalised"]])
def test_other_judges_work_inside_a_running_loop_too(judges: list[Any]) -> None:
    assert len(asyncio.run(in_a_notebook(judges))) == N


def test_the_calls_of_a_case_stand_beside_its_verdict() -> None:
    with calling(MockModel()):
        cards = evaluated([{"name": "rubric", "options": {"votes": 3}}])
    assert {len(card.results[0].details["calls"]) for card in cards} == {3}


def test_a_failing_endpoint_makes_cases_errored() -> None:
    with fake_model(FAILED) as fake, library_caller(fake.base_url):
        cards = evaluated(["rubric"])
    assert {(card.status, card.results[0].code) for card in cards} == {("errored", "model_failed")}


def test_a_failure_ends_the_others_and_is_raised() -> None:
    begun, ended = [], []

    async def work(n: int) -> None:
        begun.append(n)
        if n == 3:
            raise Halt("money_cap", "spent")
        await asyncio.sleep(5)
        ended.append(n)

    with pytest.raises(Halt):
        run_here(lambda: together(work, range(100), at_once=4))
    assert (begun, ended) == ([0, 1, 2, 3], [])


def test_results_keep_the_order_of_what_was_given() -> None:
    async def work(n: int) -> int:
        await asyncio.sleep(0.001 * (5 - n % 5))
        return n

    assert run_here(lambda: together(work, iter(range(20)), at_once=7)) == list(range(20))
    assert run_here(lambda: together(work, [], at_once=7)) == []
