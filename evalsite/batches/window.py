"""How much of a tenant's work is in the broker at once, and what goes there next.

A tenant has at most `open_waves` waves of `wave_chunks` chunks per lane in the broker. Queues are
first in, first out, and a wave that ends is replaced at the tail, so tenants take turns: ten cases
never wait behind a hundred thousand.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction


@dataclass(frozen=True, slots=True)
class Part:
    """One chunk of a wave."""

    chunk_id: UUID
    number: int
    n_cases: int


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
    FROM (SELECT coalesce(max(wave), 0) + 1 AS wave FROM batches_chunk WHERE step_id = %(step)s) next
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
    waves = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(app.tenant_id()::text, 1))")
        cursor.execute(_RUNNING)
        steps = cursor.fetchall()
        room: dict[str, int] = defaultdict(lambda: wave_chunks * open_waves)
        for lane, *_, in_flight, _waiting in steps:
            room[lane] -= in_flight
        for lane, step_id, batch_id, epoch, n_chunks, _in_flight, waiting in steps:
            while waiting > 0 and room[lane] > 0:
                most = min(wave_chunks, room[lane])
                cursor.execute(_TAKE, {"step": step_id, "most": most})
                rows = cursor.fetchall()
                room[lane] -= most
                waiting -= most
                if rows:
                    parts = [Part(*row[:3]) for row in sorted(rows, key=lambda row: row[1])]
                    waves.append(
                        Wave(batch_id, step_id, epoch, lane, rows[0][3], n_chunks, parts)
                    )
    return waves
