"""Score one chunk of the model lane: its cases beside one another, flushed as they finish."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from django.db import connection, transaction

from evalsite.batches.lease import Claim, count_slice, hand_back, renew
from evalsite.batches.plan import LONGER
from evalsite.batches.purse import BatchLedger
from evalsite.batches.window import others_wait
from evalsite.calls.ask import Asker, asking, repeating
from evalsite.calls.desk import Desk
from evalsite.calls.interrupt import Interrupted
from evalsite.calls.ledger import Change
from evalsite.calls.memory import Memory
from evalsite.calls.place import widest
from evalsite.calls.purse import Purse
from evalsite.calls.remember import Known, keep
from evalsite.env import load
from evalsite.pipeline import stopping
from evalsite.pipeline.patience import patiently
from evalsite.pipeline.pause import pause, summarize_paused
from evalsite.pipeline.try_judges import judges_are_tried
from evalsite.quotas.month import Month
from evalsite.scoring.answer import Answered, recorded
from evalsite.scoring.fold import fold_async
from evalsite.scoring.interleave import Outcome, Pace, interleave
from evalsite.scoring.stage import evaluator_of
from evalsite.scoring.write import Row, write
from judges.models import Halt, calling

log = logging.getLogger(__name__)

_BOOKS = "SELECT max_cost_usd IS NOT NULL, use_cache FROM batches_batch WHERE id = %s"
# Together well below the task's soft time limit: a chunk that needs longer goes on in a next task.
MOST_SECONDS, GRACE_SECONDS = 140.0, 60.0


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with each case of a chunk, and how finished ones are written.

    `write` runs inside a transaction that holds the chunk; `opened` is around all of it.
    """

    one: Callable[[Answered], Awaitable[Row]]
    write: Callable[[list[Row]], None]
    opened: Callable[[Asker], AbstractAsyncContextManager[object]] = nullcontext


def score_model_chunk(claim: Claim) -> Outcome[Row]:
    """Judge what the chunk has left; answers what is not flushed, and whether it is complete.

    Raises LeaseLost, ManifestChanged, and what the database or the broker raises.
    """
    chunk = Chunk(claim, cases=list(recorded(claim)), work=_judging(claim))
    try:
        if not judges_are_tried(claim, desk=chunk.desk):
            return Outcome()
    except Halt as halt:
        return Outcome(halt=halt)
    return chunk.run()


def leave(claim: Claim, outcome: Outcome[Row], *, elapsed_ms: float) -> None:
    """Write what is done of an incomplete chunk, and let the rest wait; a Halt pauses the batch.

    `elapsed_ms` is for how long the chunk had a slot. Raises LeaseLost.
    """
    patiently(lambda: _hand_back(claim, outcome.unflushed, elapsed_ms=elapsed_ms))
    halt = outcome.halt
    if halt is not None and pause(claim.batch_id, code=halt.code, reason=halt.reason):
        log.warning("batch %s is paused: %s", claim.batch_id, halt.code)
    elif outcome.unflushed:
        summarize_paused(claim.batch_id)


def _hand_back(claim: Claim, rows: list[Row], *, elapsed_ms: float) -> None:
    with transaction.atomic():
        renew(claim, seconds=load().lease_seconds, written=len(rows))
        write(claim, rows)
        hand_back(claim, forgiven=True, elapsed_ms=elapsed_ms)
        count_slice(claim.step_id, elapsed_ms=elapsed_ms)


class Chunk:
    """A claimed chunk with the books of its calls."""

    def __init__(self, claim: Claim, *, cases: list[Answered], work: Work) -> None:
        self.desk = Desk(through=patiently)
        self._claim = claim
        self._cases = cases
        self._work = work
        self._lease_seconds = load().lease_seconds
        month = Month.current()
        self._ledger = BatchLedger(claim.batch_id, month=month)
        with connection.cursor() as cursor:
            cursor.execute(_BOOKS, [claim.batch_id])
            has_cap, use_cache = cursor.fetchone()
        self._purse = Purse(self._ledger, desk=self.desk, capped=has_cap or month.is_capped)
        # A retry wants another reply than the one that came to no verdict.
        look = use_cache and claim.round == 0
        self._memory = Memory(self.desk, look=look, note=use_cache)
        self._width = widest()
        # So long it was cut for; from then on it makes room for others.
        self._yields_at = time.monotonic() + LONGER["model"] * load().chunk_seconds

    def run(self) -> Outcome[Row]:
        """Do the work to its end, or as far as it goes; raises what database or broker raise."""
        try:
            return self.desk.run(self._run)
        except Interrupted as interrupted:
            raise interrupted.__cause__ or interrupted from None
        finally:
            change, replies = self._purse.take(), self._memory.take()
            patiently(lambda: _write_books(self._ledger, change, replies=replies))

    async def _run(self) -> Outcome[Row]:
        """Do the cases beside one another."""
        pace = Pace(
            width=self._width,
            beat=self._lease_seconds / 3,
            most=MOST_SECONDS,
            grace=GRACE_SECONDS,
            farewell=stopping.GRACE_S,
            is_leaving=stopping.is_told,
        )
        async with self._asking() as asker, self._work.opened(asker):
            with calling(asker):
                return await interleave(self._cases, one=self._one, flush=self._flush, pace=pace)

    def _asking(self) -> AbstractAsyncContextManager[Asker]:
        return asking(
            self.desk, batch_id=self._claim.batch_id, memory=self._memory, purse=self._purse
        )

    async def _one(self, answered: Answered) -> Row:
        with repeating(answered.repetition):
            return await self._work.one(answered)

    async def _flush(self, rows: list[Row]) -> bool:
        change, replies = self._purse.take(), self._memory.take()
        await self.desk.do(lambda: _write_books(self._ledger, change, replies=replies))
        return await self.desk.do(lambda: self.write(rows))

    def write(self, rows: list[Row]) -> bool:
        """Write finished cases while the chunk is ours; answers whether to go on.

        Raises LeaseLost.
        """
        with transaction.atomic():
            runs = renew(self._claim, seconds=self._lease_seconds, written=len(rows))
            self._work.write(rows)
        return runs and (time.monotonic() < self._yields_at or not others_wait())


def _write_books(ledger: BatchLedger, change: Change, *, replies: list[Known]) -> None:
    """Write money and replies, apart from the rows: they are true whoever holds the chunk."""
    with transaction.atomic():
        keep(replies)
        ledger.settle(change)


def _judging(claim: Claim) -> Work:
    evaluator = evaluator_of(claim.batch_id)

    async def one(answered: Answered) -> Row:
        return await fold_async(evaluator, answered, stages=claim.stages)

    return Work(one, write=lambda rows: write(claim, rows))
