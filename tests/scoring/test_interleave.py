"""Cases beside one another: all of them once, flushed in parts, and stopped in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from evalsite.scoring import interleave as beside
from evalsite.scoring.interleave import FLUSH_CASES, Outcome, Pace, interleave
from judges.models import Halt


class Stage:
    """Runs cases, which are numbers, and keeps what was flushed."""

    def __init__(self, **pace: Any) -> None:
        self.pace = Pace(**{"width": 4, "beat": 60, "most": 60, "grace": 60, **pace})
        self.flushed: list[list[int]] = []
        self.now = self.most_at_once = 0
        self.goes_on = True

    async def flush(self, done: list[int]) -> bool:
        self.flushed.append(done)
        return self.goes_on

    async def one(self, case: int) -> int:
        self.now += 1
        self.most_at_once = max(self.most_at_once, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return case

    def run(self, n: int, one: Callable[[int], Awaitable[int]] | None = None) -> Outcome[int]:
        cases = list(range(n))
        return asyncio.run(interleave(cases, one=one or self.one, flush=self.flush, pace=self.pace))


class Refused(Stage):
    """Its chunk belongs to somebody else."""

    async def flush(self, done: list[int]) -> bool:
        raise RuntimeError("not yours any more")


@pytest.mark.parametrize("n", [0, 1, 3, 4, 203])
def test_each_case_is_done_once(n: int) -> None:
    stage = Stage()
    outcome = stage.run(n)
    done = [case for part in [*stage.flushed, outcome.unflushed] for case in part]
    assert sorted(done) == list(range(n))
    assert outcome.complete


def test_what_ends_during_a_flush_is_not_lost(flushed_at_once: None) -> None:
    stage = Stage(width=30)

    async def slow_flush(done: list[int]) -> bool:
        stage.flushed.append(list(done))
        await asyncio.sleep(0.01)
        return True

    async def one(case: int) -> int:
        await asyncio.sleep(0.001 * (case % 7))
        return case

    pace, cases = stage.pace, range(300)
    outcome = asyncio.run(interleave(cases, one=one, flush=slow_flush, pace=pace))
    done = [case for part in [*stage.flushed, outcome.unflushed] for case in part]
    assert sorted(done) == list(cases)


def test_no_more_are_under_way_than_the_width() -> None:
    stage = Stage(width=7)
    stage.run(100)
    assert stage.most_at_once == 7


@pytest.fixture
def flushed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush whatever is enough, however quick the cases are."""
    monkeypatch.setattr(beside, "FLUSH_SECONDS", 0)


def test_what_is_done_is_flushed_in_parts(flushed_at_once: None) -> None:
    stage = Stage()
    stage.run(8 * FLUSH_CASES)
    assert len(stage.flushed) >= 3
    assert min(map(len, stage.flushed)) >= FLUSH_CASES


def test_quick_cases_are_flushed_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flush for each part of them would cost more than they do."""
    monkeypatch.setattr(beside, "FLUSH_SECONDS", 0.1)
    stage = Stage()

    async def quick(case: int) -> int:
        await asyncio.sleep(0.001)
        return case

    begun = time.monotonic()
    outcome = stage.run(40 * FLUSH_CASES, quick)
    took = time.monotonic() - begun
    done = [case for part in [*stage.flushed, outcome.unflushed] for case in part]
    assert sorted(done) == list(range(40 * FLUSH_CASES))
    assert 1 <= len(stage.flushed) <= took / 0.1
    assert min(map(len, stage.flushed)) >= FLUSH_CASES


def test_a_long_wait_is_no_silence() -> None:
    """The lease is renewed also while nothing is done."""
    stage = Stage(beat=0.01)

    async def slow(case: int) -> int:
        await asyncio.sleep(0.1)
        return case

    assert stage.run(1, slow).complete
    assert stage.flushed.count([]) >= 2


def test_a_halt_begins_nothing_more_and_lets_the_others_end() -> None:
    stage, begun = Stage(), []

    async def one(case: int) -> int:
        begun.append(case)
        await asyncio.sleep(0)
        if case == 0:
            raise Halt("enough", "no more")
        await asyncio.sleep(0.01)
        return case

    outcome = stage.run(100, one)
    assert (begun, outcome.unflushed) == ([0, 1, 2, 3], [1, 2, 3])
    assert not outcome.complete
    assert outcome.halt is not None
    assert outcome.halt.code == "enough"


def test_a_refused_flush_cancels_what_is_under_way() -> None:
    stage, cancelled = Refused(), []

    async def one(case: int) -> int:
        try:
            await asyncio.sleep(60 if case == 2 else 0)
        except asyncio.CancelledError:
            cancelled.append(case)
            raise
        return case

    with pytest.raises(RuntimeError, match="not yours"):
        stage.run(100, one)
    assert 2 in cancelled


def test_a_stopped_batch_begins_nothing_more(flushed_at_once: None) -> None:
    stage = Stage()
    stage.goes_on = False
    outcome = stage.run(500)
    done = sum(map(len, stage.flushed)) + len(outcome.unflushed)
    assert done < 500
    assert (outcome.complete, outcome.halt) == (False, None)


def test_out_of_time_it_gives_back_what_is_left() -> None:
    stage = Stage(most=0.05, grace=0.05, width=2)

    async def one(case: int) -> int:
        await asyncio.sleep(60 if case == 1 else 0.01)
        return case

    outcome = stage.run(1000, one)
    assert 0 in outcome.unflushed
    assert 1 not in outcome.unflushed
    assert not outcome.complete


def test_a_worker_that_leaves_begins_nothing_and_ends_what_is_under_way() -> None:
    begun: list[int] = []

    async def one(case: int) -> int:
        begun.append(case)
        await asyncio.sleep(0.7)
        return case

    stage = Stage(width=2, farewell=60, is_leaving=lambda: bool(begun))
    outcome = stage.run(10, one)
    assert (sorted(outcome.unflushed), begun, outcome.complete) == ([0, 1], [0, 1], False)


def test_a_worker_that_leaves_waits_no_longer_than_its_farewell() -> None:
    begun: list[int] = []

    async def one(case: int) -> int:
        begun.append(case)
        await asyncio.sleep(3600 * case)
        return case

    stage = Stage(width=2, farewell=0.05, is_leaving=lambda: bool(begun))
    outcome = stage.run(2, one)
    assert (outcome.unflushed, outcome.complete) == ([0], False)


def test_a_bug_is_not_hidden() -> None:
    async def one(case: int) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Stage().run(10, one)
