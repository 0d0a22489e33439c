"""Score one chunk: claim it, judge with no transaction open, write all or nothing."""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from uuid import UUID

from django.db import Error, transaction
from structlog.contextvars import bound_contextvars

from evalsite.batches.lease import (
    Claim,
    LeaseLost,
    claim_chunk,
    count_down,
    finish_chunk,
    hand_back,
)
from evalsite.env import load
from evalsite.pipeline import outbox
from evalsite.pipeline.ask_chunk import ask_chunk
from evalsite.pipeline.patience import is_away, outages, patiently
from evalsite.pipeline.peek import stop_if_settled
from evalsite.pipeline.score_model import leave, score_model_chunk
from evalsite.scoring.interleave import Outcome
from evalsite.scoring.stage import ManifestChanged, evaluator_of, judge
from evalsite.scoring.trust import trusted_if_wanted
from evalsite.scoring.write import Row, write, write_off

log = logging.getLogger(__name__)

# The chord finishes a step within milliseconds; the counter's message waits for it that long.
CHORD_HEAD_START = 3.0
# A chunk that turns out dearer than it was cut for goes back after so many CHUNK_SECONDS, and comes
# again in its turn: however slow a tenant's cases are, others wait for one slice of them.
SLICE_CHUNKS = 4


def score_chunk(chunk_id: UUID, *, epoch: int, owner: str) -> bool:
    """Score the chunk if it is there to be scored; answers whether this call did.

    Raises LeaseHeld when another worker is at it: the message must be delivered again.
    """
    env = load()
    claim = patiently(
        lambda: claim_chunk(
            chunk_id,
            epoch=epoch,
            owner=owner,
            seconds=env.lease_seconds,
            attempts=env.max_attempts,
        )
    )
    if claim is None:
        return False
    with bound_contextvars(batch_id=str(claim.batch_id)):
        return _score_claimed(claim, epoch=epoch, lease_seconds=env.lease_seconds)


def _score_claimed(claim: Claim, *, epoch: int, lease_seconds: float) -> bool:
    try:
        if claim.stages:
            # Before the clock starts: what is done once a batch and process is no chunk's cost.
            evaluator_of(claim.batch_id)
        started = time.perf_counter()
        outcome = _judged(claim, lease_seconds=lease_seconds)
        elapsed_ms = (time.perf_counter() - started) * 1000
        done = outcome.complete and _committed(claim, outcome, epoch=epoch, elapsed_ms=elapsed_ms)
        if not done:
            leave(claim, outcome, elapsed_ms=elapsed_ms)
    except ManifestChanged as changed:
        log.error("chunk %s is written off: %s", claim.chunk_id, changed)
        _give_up(claim, epoch=epoch, code=changed.code)
    except LeaseLost as lost:
        log.warning("chunk %s attempt %s wrote nothing: %s", claim.chunk_id, claim.attempt, lost)
        return False
    except outages() as error:
        if not isinstance(error, Error) or is_away(error):
            _give_back(claim)
        raise
    stop_if_settled(claim.batch_id)
    return True


def _give_back(claim: Claim) -> None:
    """Let others have a chunk that met an outage: no fault of its own, and no lease to wait for."""
    with suppress(LeaseLost):
        patiently(lambda: hand_back(claim, forgiven=True))


def _judged(claim: Claim, *, lease_seconds: float) -> Outcome[Row]:
    if claim.lane == "model":
        return score_model_chunk(claim) if claim.stages else ask_chunk(claim)
    with trusted_if_wanted(claim):
        return _judged_in_slice(claim, lease_seconds=lease_seconds)


def _judged_in_slice(claim: Claim, *, lease_seconds: float) -> Outcome[Row]:
    """Judge one case after another, and stop where the slice is over; one at least is judged."""
    until = time.monotonic() + SLICE_CHUNKS * load().chunk_seconds
    outcome: Outcome[Row] = Outcome()
    for row in judge(claim, lease_seconds=lease_seconds):
        outcome.unflushed.append(row)
        if time.monotonic() > until:
            return outcome
    outcome.complete = True
    return outcome


def _committed(claim: Claim, outcome: Outcome[Row], *, epoch: int, elapsed_ms: float) -> bool:
    """Finish the chunk; answers False where its batch may only be paused, raises LeaseLost."""
    try:
        patiently(lambda: _commit(claim, outcome.unflushed, epoch=epoch, elapsed_ms=elapsed_ms))
    except LeaseLost:
        if claim.lane != "model":
            raise
        return False
    return True


def _commit(claim: Claim, rows: list[Row], *, epoch: int, elapsed_ms: float) -> None:
    with transaction.atomic():
        finish_chunk(claim, elapsed_ms=elapsed_ms)
        write(claim, rows, new=claim.is_untouched)
        # Last, as it locks the one row that all chunks of the step share.
        if count_down(claim.step_id, elapsed_ms=elapsed_ms) == 0:
            owe_finish(claim.step_id, epoch=epoch)


def _give_up(claim: Claim, *, epoch: int, code: str) -> None:
    """Finish a chunk whose cases cannot be scored; they are errored, with the reason."""
    with transaction.atomic():
        finish_chunk(claim, elapsed_ms=None)
        write_off(claim.chunk_id, code=code)
        if count_down(claim.step_id) == 0:
            owe_finish(claim.step_id, epoch=epoch)


def owe_finish(step_id: UUID, *, epoch: int, delay: float = CHORD_HEAD_START) -> None:
    """Owe the broker the step's finish, should its chord not get there first."""
    arguments = json.dumps({"step_id": str(step_id), "epoch": epoch, "by": "outbox"})
    outbox.add("pipeline.finish_step", key=finish_key(step_id), arguments=arguments, delay=delay)


def finish_key(step_id: UUID) -> str:
    """Name the outbox message of a step's finish."""
    return f"finish:{step_id}"
