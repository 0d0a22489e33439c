"""How much work is in the broker at once, and what goes there next.

A lane has at most two chunks for each of its slots in the broker, of all tenants together, and four
where they are quick; the rest waits in PostgreSQL, where `share` decides whose turn it is. Whoever
comes late waits for what is in the broker, and for nothing else. The tenants' rows are seen through
a function that tells ids, counts and times; their chunks are taken one tenant after the other, each
in its own scope.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from evalsite.batches.share import Line, Share, share
from evalsite.tenants import bootstrap
from evalsite.tenants.scope import require, tenant

# Chunks of a lane in the broker, for each of its slots: one at work, one behind it. More of them
# are fewer waves, each a chord, where a slot does them within the seconds of one that is full.
CHUNKS_A_SLOT: Final = 2
MOST_A_SLOT: Final = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk of a wave."""

    chunk_id: UUID
    number: int
    n_cases: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Chunks of one step that become one chord."""

    tenant_id: UUID
    batch_id: UUID
    step_id: UUID
    epoch: int
    lane: str
    number: int
    n_chunks: int
    parts: list[Part]


_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('window:' || %s, 1))"
# What a chunk must be like stands twice. A message that comes again may claim one meanwhile: of its
# row as it is then PostgreSQL asks again what stands outside of the subquery, and only that.
_TAKE = """
    WITH wave AS (
        UPDATE batches_step s SET n_waves = s.n_waves + 1 FROM batches_batch b
        WHERE s.id = %(step)s AND s.state = 'running' AND b.id = s.batch_id AND b.state = 'running'
        RETURNING s.id, s.batch_id, b.epoch, s.lane, s.n_waves, s.n_chunks
    )
    UPDATE batches_chunk c SET wave = wave.n_waves, dispatched_at = clock_timestamp()
    FROM wave
    WHERE c.id IN (
        SELECT id FROM batches_chunk
        WHERE step_id = %(step)s AND state = 'pending' AND wave IS NULL
        ORDER BY number LIMIT %(most)s)
      AND c.state = 'pending' AND c.wave IS NULL
    RETURNING wave.batch_id, wave.id, wave.epoch, wave.lane, wave.n_waves, wave.n_chunks,
              c.id, c.number, c.n_cases
"""
_PAY = """
    INSERT INTO quotas_turn AS t (id, tenant_id, lane, started, passed, n_sent)
    VALUES (gen_random_uuid(), app.tenant_id(), %(lane)s, %(started)s, %(passed)s, %(n_sent)s)
    ON CONFLICT (tenant_id, lane) DO UPDATE SET
        started = excluded.started, passed = excluded.passed, n_sent = excluded.n_sent
"""


def take_waves(*, slots: Callable[[str], int], seconds: float) -> list[Wave]:
    """Mark the chunks that are next as sent, and answer them for sending, in the order of turns.

    `slots` answers how many chunks of a lane can be worked on at once, `seconds` is what a chunk
    is taken to need. Safe to call at any time by anybody: it fills what room there is, once half
    of the window is free, and does nothing before. A wave that is marked and never arrives is
    found by the sweeper.
    """
    by_lane: dict[str, list[Line]] = {}
    for line in lines_of(most=1):
        by_lane.setdefault(line.lane, []).append(line)
    due = {lane: slots(lane) for lane, its in by_lane.items() if any(i.waiting for i in its)}
    return [
        wave
        for lane, n in due.items()
        if _is_half_free(by_lane[lane], slots=n, seconds=seconds)
        for wave in _fill(lane, slots=n, seconds=seconds)
    ]


def others_wait() -> bool:
    """Whether a tenant other than the one in scope has a chunk that no worker has begun."""
    mine = require()
    return any(
        line.waiting or line.in_flight > line.leased
        for line in lines_of(most=1)
        if line.tenant_id != mine
    )


def lines_of(*, most: int) -> list[Line]:
    """Answer every running step of every tenant; its waiting chunks are counted up to `most`."""
    return [Line(*row) for row in bootstrap.ask("lanes_at_work", most)]


def _is_half_free(lines: Sequence[Line], *, slots: int, seconds: float) -> bool:
    """Whether half of a lane's window is free: a place at a time would be a chord a chunk."""
    size = _size(lines, slots=slots, seconds=seconds)
    return 2 * sum(line.in_flight for line in lines) <= size


def _size(lines: Sequence[Line], *, slots: int, seconds: float) -> int:
    """Answer how many chunks a lane has in the broker; the slowest of its steps decides."""
    slowest = max(seconds if line.seconds is None else line.seconds for line in lines)
    quick = int(seconds / slowest) if slowest else MOST_A_SLOT
    return slots * min(max(quick, CHUNKS_A_SLOT), MOST_A_SLOT)


def _fill(lane: str, *, slots: int, seconds: float) -> list[Wave]:
    """Fill one lane's window; of several at once, the others find it full."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ALONE, [lane])
        lines = [line for line in lines_of(most=MOST_A_SLOT * slots) if line.lane == lane]
        size = _size(lines, slots=slots, seconds=seconds) if lines else 0
        room = size - sum(line.in_flight for line in lines)
        shares = share(lines, room=room, seconds=seconds)
        return [wave for one in shares for wave in _take(one, lane=lane)]


def _take(share: Share, *, lane: str) -> Iterator[Wave]:
    """Take one tenant's share, in its scope."""
    with tenant(share.tenant_id), connection.cursor() as cursor:
        for step_id, most in share.chunks.items():
            cursor.execute(_TAKE, {"step": step_id, "most": most})
            if rows := cursor.fetchall():
                yield _wave(share.tenant_id, rows)
        turn: dict[str, str | float] = {"lane": lane, "n_sent": share.n_sent}
        cursor.execute(_PAY, {**turn, "started": share.started, "passed": share.passed})


def _wave(tenant_id: UUID, rows: Sequence[tuple[Any, ...]]) -> Wave:
    batch_id, step_id, epoch, lane, number, n_chunks, *_ = rows[0]
    parts = sorted((Part(*row[6:]) for row in rows), key=lambda part: part.number)
    return Wave(tenant_id, batch_id, step_id, epoch, lane, number, n_chunks, parts)
