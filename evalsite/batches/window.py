"""How much of a tenant's work is in the broker at once, and what goes there next.

A tenant has at most `open_waves` waves of `wave_chunks` chunks per lane in the broker. Queues are
first in, first out, and a wave that ends is replaced at the tail, so tenants take turns: ten cases
never wait behind a hundred thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk of a wave."""

    chunk_id: UUID
    number: int
    n_cases: int


class _Running(NamedTuple):
    lane: str
    step_id: UUID
    batch_id: UUID
    epoch: int
    n_chunks: int
    in_flight: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Wave:
    """Chunks of one step that become one chord."""

    batch_id: UUID
    step_id: UUID
    epoch: int
    lane: str
    number: int
    n_chunks: int
    parts: list[Part]


_RUNNING = """
    SELECT s.lane, s.id, s.batch_id, b.epoch, s.n_chunks,
           count(*) FILTER (WHERE c.wave IS NOT NULL) AS in_flight,
           count(*) FILTER (WHERE c.wave IS NULL) AS waiting
    FROM batches_step s JOIN batches_batch b ON b.id = s.batch_id
    JOIN batches_chunk c ON c.step_id = s.id AND c.state IN ('pending', 'leased')
    WHERE s.state = 'running' AND b.state = 'running'
    GROUP BY s.id, b.id ORDER BY in_flight, b.created_at
"""
_TAKE = """
    UPDATE batches_chunk c SET wave = next.wave, dispatched_at = clock_timestamp()
    FROM (
        SELECT coalesce(max(wave), 0) + 1 AS wave FROM batches_chunk WHERE step_id = %(step)s) next
    WHERE c.id IN (
        SELECT id FROM batches_chunk
        WHERE step_id = %(step)s AND state = 'pending' AND wave IS NULL
        ORDER BY number LIMIT %(most)s)
    RETURNING c.id, c.number, c.n_cases, c.wave
"""


def take_waves(*, wave_chunks: int, open_waves: int) -> list[Wave]:
    """Mark the next waves of the tenant in scope as sent, and answer them for sending.

    Safe to call at any time by anybody: it fills what room there is, and does nothing when there
    is none. A wave that is marked and never arrives is found by the sweeper.
    """
    waves: list[Wave] = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(app.tenant_id()::text, 1))")
        cursor.execute(_RUNNING)
        steps = [_Running(*row) for row in cursor.fetchall()]
        room: dict[str, int] = defaultdict(lambda: wave_chunks * open_waves)
        for step in steps:
            room[step.lane] -= step.in_flight
        for step in steps:
            for wave in _waves_of(step, wave_chunks=wave_chunks, room=room[step.lane]):
                room[step.lane] -= len(wave.parts)
                waves.append(wave)
    return waves


def _waves_of(step: _Running, *, wave_chunks: int, room: int) -> Iterator[Wave]:
    room = min(room, step.waiting)
    while room > 0:
        most = min(wave_chunks, room)
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, {"step": step.step_id, "most": most})
            rows = sorted(cursor.fetchall(), key=lambda row: row[1])
        parts = [Part(*row[:3]) for row in rows]
        if parts:
            yield Wave(
                step.batch_id, step.step_id, step.epoch, step.lane, rows[0][3], step.n_chunks, parts
            )
        room -= most
