"""Claim, renew and finish a chunk, each by one conditional UPDATE on the database's clock.

`attempt` is the fence: every claim raises it, and a worker whose attempt is no longer the
chunk's own writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from evalsite.errors import EvalsiteError


class LeaseHeld(EvalsiteError):
    """Another worker holds the chunk; `seconds` says for how long at most."""

    code = "lease_held"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"another worker holds this chunk for {seconds:.1f} s more")
        self.seconds = seconds


class LeaseLost(EvalsiteError):
    """The chunk was given to another worker, or its batch was cancelled: stop, write nothing."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that this worker holds."""

    chunk_id: UUID
    attempt: int
    step_id: UUID
    round: int
    step_number: int
    lane: str
    stages: list[str]
    batch_id: UUID
    run_id: UUID
    repetitions: int
    n_cases: int
    n_written: int
    is_drawn: bool
    owner: str = ""

    @property
    def is_untouched(self) -> bool:
        """Tell whether no case of it had a scorecard of this batch when it was claimed."""
        return self.step_number == 0 and self.round == 0 and self.n_written == 0


_CLAIM = """
    UPDATE batches_chunk c
    SET state = 'leased', attempt = c.attempt + 1, lease_owner = %(owner)s,
        lease_until = clock_timestamp() + make_interval(secs => %(seconds)s)
    FROM batches_step s JOIN batches_batch b ON b.id = s.batch_id
    WHERE c.id = %(chunk)s AND s.id = c.step_id
      AND b.epoch = %(epoch)s AND b.state = 'running' AND c.attempt < %(attempts)s
      AND (c.state = 'pending' OR (c.state = 'leased' AND c.lease_until < clock_timestamp()))
    RETURNING c.id, c.attempt, s.id, s.round, s.number, s.lane, s.stages, b.id, b.run_id,
              b.repetitions, cardinality(c.revisions), c.n_written, b.order_seed IS NOT NULL,
              c.lease_owner
"""
_WHO_HOLDS = """
    SELECT extract(epoch FROM c.lease_until - clock_timestamp())::float8
    FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
    JOIN batches_batch b ON b.id = s.batch_id
    WHERE c.id = %(chunk)s AND b.epoch = %(epoch)s AND b.state = 'running' AND c.state = 'leased'
"""
_RENEW = """
    UPDATE batches_chunk c SET lease_until = clock_timestamp() + make_interval(secs => %(seconds)s),
        n_written = c.n_written + %(written)s
    FROM batches_step s JOIN batches_batch b ON b.id = s.batch_id
    WHERE c.id = %(chunk)s AND c.attempt = %(attempt)s AND c.state = 'leased'
      AND c.lease_owner = %(owner)s
      AND s.id = c.step_id AND b.state IN ('running', 'paused')
    RETURNING b.state = 'running'
"""
# The fence steps back with the claim that is undone, and the next claim raises it to the same
# number. So whoever writes must be the holder too: one that hands back twice, not knowing that the
# first time was committed when the database broke down, would undo another's claim.
_HAND_BACK = """
    UPDATE batches_chunk c SET state = 'pending', attempt = c.attempt - %(forgiven)s,
        lease_until = NULL, wave = NULL, dispatched_at = NULL,
        elapsed_ms = coalesce(c.elapsed_ms, 0) + %(elapsed)s
    WHERE c.id = %(chunk)s AND c.attempt = %(attempt)s AND c.state = 'leased'
      AND c.lease_owner = %(owner)s
"""
_FINISH = """
    UPDATE batches_chunk c
    SET state = 'done', lease_until = NULL, finished_at = now(),
        elapsed_ms = coalesce(c.elapsed_ms, 0) + %(elapsed)s
    FROM batches_step s JOIN batches_batch b ON b.id = s.batch_id
    WHERE c.id = %(chunk)s AND c.attempt = %(attempt)s AND c.state = 'leased'
      AND c.lease_owner = %(owner)s
      AND s.id = c.step_id AND b.state = 'running'
"""
# Of late: what a chunk costs may change in the course of a step. It falls at once and rises slowly,
# as one in a while takes long for no fault of its own, and no tenant should pay for that for long.
_COUNT_DOWN = """
    UPDATE batches_step SET remaining = remaining - %(finished)s,
        started_at = coalesce(started_at, now()),
        chunk_ms = coalesce(least(%(elapsed)s, 0.7 * chunk_ms + 0.3 * %(elapsed)s), chunk_ms)
    WHERE id = %(step)s RETURNING remaining
"""


def claim_chunk(
    chunk_id: UUID, *, epoch: int, owner: str, seconds: float, attempts: int
) -> Claim | None:
    """Take the lease of a chunk; None when there is nothing to do for this message.

    Raises LeaseHeld while another worker's lease is alive: the message must come again.
    """
    values: dict[str, UUID | int | float | str] = {
        "chunk": chunk_id,
        "epoch": epoch,
        "owner": owner,
        "seconds": seconds,
        "attempts": attempts,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
        if row is not None:
            return Claim(*row)
        cursor.execute(_WHO_HOLDS, values)
        held = cursor.fetchone()
    if held is not None:
        raise LeaseHeld(max(held[0], 0.1))
    return None


def renew(claim: Claim, *, seconds: float, written: int = 0) -> bool:
    """Keep the chunk for `seconds` more; answers whether its batch still runs, or is paused.

    `written` counts the results that the caller's transaction writes. Holds the chunk's row until
    that transaction ends. Raises LeaseLost.
    """
    return bool(_conditional(_RENEW, claim, seconds=seconds, written=written))


def hand_back(claim: Claim, *, forgiven: bool, elapsed_ms: float = 0) -> None:
    """Let the chunk wait for another worker; `forgiven`, the attempt does not count.

    `elapsed_ms` is for how long it had a slot. Raises LeaseLost.
    """
    _conditional(_HAND_BACK, claim, forgiven=int(forgiven), elapsed=elapsed_ms)


def finish_chunk(claim: Claim, *, elapsed_ms: float | None) -> None:
    """Mark the chunk done, and hold its row until the results are committed with it.

    `elapsed_ms` comes on top of what they needed who have handed the chunk back. Raises LeaseLost;
    the caller's transaction must then write nothing.
    """
    _conditional(_FINISH, claim, elapsed=elapsed_ms)


def count_down(step_id: UUID, *, elapsed_ms: float | None = None) -> int:
    """Count one chunk of the step as finished; answers how many remain.

    `elapsed_ms` is for how long it had a slot now, None where that says nothing.
    """
    return _count(step_id, finished=1, elapsed_ms=elapsed_ms)


def count_slice(step_id: UUID, *, elapsed_ms: float) -> None:
    """Count for how long a chunk had a slot that is handed back."""
    _count(step_id, finished=0, elapsed_ms=elapsed_ms)


def _count(step_id: UUID, *, finished: int, elapsed_ms: float | None) -> int:
    values: dict[str, UUID | float | None] = {"step": step_id, "elapsed": elapsed_ms}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_DOWN, {**values, "finished": finished})
        (remaining,) = cursor.fetchone()
    return int(remaining)


def _conditional(sql: str, claim: Claim, **values: float | None) -> Any:
    """Run the UPDATE and answer what it returns, if it returns anything."""
    held: dict[str, Any] = {
        "chunk": claim.chunk_id,
        "attempt": claim.attempt,
        "owner": claim.owner,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, **held})
        if cursor.rowcount != 1:
            raise LeaseLost("another worker holds this chunk, or its batch was stopped")
        return cursor.fetchone()[0] if cursor.description else None
