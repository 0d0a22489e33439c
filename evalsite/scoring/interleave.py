"""Judge the cases of a chunk beside one another, in an event loop, while models are waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Generic, TypeVar

from judges.models import Halt

Case = TypeVar("Case")
Done = TypeVar("Done")

# A flush costs some milliseconds, and a killed worker's calls since the last one are paid twice: it
# comes after so many cases, but where they are quick not before so many seconds.
FLUSH_CASES = 25
FLUSH_SECONDS = 0.5
# How often it is looked whether the worker is leaving.
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How many cases are under way at once, and the times that are kept, in seconds.

    `beat`: a flush at least so often, as it renews the lease. `most`: no case is begun after it.
    `grace`: what is under way then, or when the work is stopped, may take so long; where the
    worker itself `is_leaving` it has `farewell`.
    """

    width: int
    beat: float
    most: float
    grace: float
    farewell: float = 0.0
    is_leaving: Callable[[], bool] = bool


@dataclass(slots=True)
class Outcome(Generic[Done]):
    """What was done since the last flush, and why not everything was: a Halt, or the time."""

    unflushed: list[Done] = field(default_factory=list)
    complete: bool = False
    halt: Halt | None = None


async def interleave(
    cases: Sequence[Case],
    *,
    one: Callable[[Case], Awaitable[Done]],
    flush: Callable[[list[Done]], Awaitable[bool]],
    pace: Pace,
) -> Outcome[Done]:
    """Do `one` for each case, and flush what is done in parts of FLUSH_CASES or more.

    `flush` answers whether to go on. After a Halt, or out of time, no case is begun, and what is
    under way comes to its end. Raises what `one` and `flush` raise, and then cancels the rest.
    """
    flow = _Flow(cases, one)
    workers = [asyncio.create_task(flow.work()) for _ in range(min(pace.width, len(cases)))]
    try:
        await _flush_until_over(flow, workers, flush=flush, pace=pace)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    left = flow.take()
    return Outcome(left, complete=flow.n_taken == len(cases), halt=flow.halt)


class _Flow(Generic[Case, Done]):
    """What the workers of one chunk share."""

    def __init__(self, cases: Sequence[Case], one: Callable[[Case], Awaitable[Done]]) -> None:
        self._cases = iter(cases)
        self._one = one
        self._woken = asyncio.Event()
        self._done: list[Done] = []
        self._taken_at = time.monotonic()
        self.n_taken = 0
        self.stopped = False
        self.halt: Halt | None = None

    async def work(self) -> None:
        """Take one case after another until there is none, or no more is to be begun."""
        try:
            while not self.stopped and (case := next(self._cases, None)) is not None:
                done = await self._one(case)
                self._done.append(done)  # looked up only now: a flush may have taken the list
                if self.is_due():
                    self._woken.set()
        except Halt as halt:
            self.halt = self.halt or halt
            self.stopped = True
        finally:
            self._woken.set()

    def is_due(self) -> bool:
        """Tell whether there is enough for a flush, and it is time for one."""
        passed = time.monotonic() - self._taken_at
        return len(self._done) >= FLUSH_CASES and passed >= FLUSH_SECONDS

    def take(self) -> list[Done]:
        """Answer what is done and not flushed; the caller flushes it now."""
        taken, self._done = self._done, []
        self._taken_at = time.monotonic()
        self.n_taken += len(taken)
        return taken

    async def wait(self, *, seconds: float) -> None:
        """Sleep until a flush is due, a worker has ended, or the time is over."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), timeout=max(seconds, 0.001))
        self._woken.clear()


async def _flush_until_over(
    flow: _Flow[Case, Done],
    workers: list[asyncio.Task[None]],
    *,
    flush: Callable[[list[Done]], Awaitable[bool]],
    pace: Pace,
) -> None:
    """Flush until the workers have ended or their grace is over; the last part is left to take."""
    now = asyncio.get_running_loop().time
    last_start, beat, over = now() + pace.most, now() + pace.beat, inf
    while not _all_ended(workers):
        leaving = pace.is_leaving()
        flow.stopped = flow.stopped or leaving or now() >= last_start
        if flow.stopped:
            over = min(over, now() + (pace.farewell if leaving else pace.grace))
            if now() >= over:
                return
        due = over if flow.stopped else last_start
        await flow.wait(seconds=min(beat, due, now() + LOOK_SECONDS) - now())
        if flow.is_due() or now() >= beat:
            beat = now() + pace.beat
            flow.stopped = not await flush(flow.take()) or flow.stopped


def _all_ended(workers: list[asyncio.Task[None]]) -> bool:
    """Tell whether all have ended; raises what one of them raised."""
    ended = [worker for worker in workers if worker.done()]
    for worker in ended:
        worker.result()
    return len(ended) == len(workers)
