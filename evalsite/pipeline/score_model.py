"""Score one chunk of the model lane: its cases beside one another, flushed as they finish."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from django.db import transaction

from evalsite.batches.lease import Claim, hand_back, renew
from evalsite.calls.desk import Desk
from evalsite.env import load
from evalsite.pipeline.pause import pause
from evalsite.scoring.answer import Answered, recorded
from evalsite.scoring.fold import fold_async
from evalsite.scoring.interleave import Outcome, Pace, interleave
from evalsite.scoring.stage import evaluator_of
from evalsite.scoring.write import Row, write

log = logging.getLogger(__name__)

# Together well below the task's soft time limit: a chunk that needs longer goes on in a next task.
MOST_SECONDS, GRACE_SECONDS = 140.0, 60.0
WIDTH = 25


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with each case of a chunk, and how finished ones are written.

    `write` runs inside a transaction that holds the chunk.
    """

    one: Callable[[Answered], Awaitable[Row]]
    write: Callable[[list[Row]], None]


def score_model_chunk(claim: Claim) -> Outcome[Row]:
    """Judge what the chunk has left; answers what is not flushed, and whether it is complete.

    Raises LeaseLost and ManifestChanged.
    """
    cases = list(recorded(claim))
    work = _judging(claim)
    seconds = load().lease_seconds
    desk = Desk()

    def flush(rows: list[Row]) -> bool:
        with transaction.atomic():
            runs = renew(claim, seconds=seconds)
            work.write(rows)
        return runs

    async def main() -> Outcome[Row]:
        pace = Pace(width=WIDTH, beat=seconds / 3, most=MOST_SECONDS, grace=GRACE_SECONDS)
        return await interleave(
            cases, one=work.one, flush=lambda rows: desk.do(lambda: flush(rows)), pace=pace
        )

    return desk.run(main)


def leave(claim: Claim, outcome: Outcome[Row]) -> None:
    """Write what is done of an incomplete chunk, and let the rest wait; a Halt pauses the batch.

    Raises LeaseLost.
    """
    with transaction.atomic():
        renew(claim, seconds=load().lease_seconds)
        write(claim, outcome.unflushed)
        hand_back(claim, forgiven=True)
    halt = outcome.halt
    if halt is not None and pause(claim.batch_id, code=halt.code, reason=halt.reason):
        log.warning("batch %s is paused: %s", claim.batch_id, halt.code)


def _judging(claim: Claim) -> Work:
    evaluator = evaluator_of(claim.batch_id)

    async def one(answered: Answered) -> Row:
        return await fold_async(evaluator, answered, stages=claim.stages)

    return Work(one, write=lambda rows: write(claim, rows))
