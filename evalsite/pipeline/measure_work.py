"""How a tenant's work stands: what monitoring and `manage.py doctor` ask, in a few aggregates.

None of it reads scorecards, and chunks that are finished only where a step stands still.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from django.db import connection

_RUNNING = """
    running AS MATERIALIZED (
        SELECT s.id, s.batch_id, s.lane, s.n_chunks - s.remaining AS finished,
               greatest(b.created_at, (
                   SELECT max(finished_at) FROM batches_step WHERE batch_id = b.id)) AS opened
        FROM batches_batch b JOIN batches_step s ON s.batch_id = b.id AND s.state = 'running'
        WHERE b.state = 'running'),
    step AS MATERIALIZED (
        SELECT r.id, r.batch_id, r.lane, r.finished, r.opened,
               count(*) FILTER (WHERE c.state = 'pending') AS pending,
               count(*) FILTER (WHERE c.state = 'leased') AS leased,
               count(*) FILTER (WHERE c.lease_until < clock_timestamp()) AS expired,
               count(*) FILTER (WHERE c.attempt > (c.state = 'leased')::int) AS again,
               min(coalesce(c.dispatched_at, r.opened)) FILTER (WHERE c.state = 'pending') AS since
        FROM running r
        LEFT JOIN batches_chunk c ON c.step_id = r.id AND c.state IN ('pending', 'leased')
        GROUP BY r.id, r.batch_id, r.lane, r.finished, r.opened),
    still AS MATERIALIZED (
        SELECT batch_id, lane, extract(epoch FROM clock_timestamp() - greatest(opened, (
                   SELECT max(finished_at) FROM batches_chunk WHERE step_id = step.id)))::float8
                   AS seconds
        FROM step WHERE leased = expired)
"""
# An index is searched by statement_timestamp(), never by clock_timestamp().
# Columns: metric, the name of its label, the label's value, a second label's, the value.
_WORK = f"""
    WITH {_RUNNING}
    SELECT 'batches', 'state', state, NULL, NULL, count(*)::float8 FROM batches_batch GROUP BY state
    UNION ALL SELECT 'batches_paused', 'code', paused_code, NULL, NULL, count(*)
        FROM batches_batch WHERE state = 'paused' GROUP BY paused_code
    UNION ALL SELECT 'chunks', 'lane', lane, 'state', v.state, sum(v.n) FROM step
        CROSS JOIN LATERAL (VALUES ('pending', pending), ('leased', leased), ('finished', finished))
            AS v (state, n) GROUP BY lane, v.state
    UNION ALL SELECT 'chunks_tried_again', 'lane', lane, NULL, NULL, sum(again)
        FROM step GROUP BY lane
    UNION ALL SELECT 'leases_expired', 'lane', lane, NULL, NULL, sum(expired)
        FROM step GROUP BY lane
    UNION ALL SELECT 'oldest_pending_chunk_seconds', 'lane', lane, NULL, NULL,
        extract(epoch FROM clock_timestamp() - min(since)) FROM step WHERE pending > 0 GROUP BY lane
    UNION ALL SELECT 'standstill_seconds', 'lane', lane, NULL, NULL, max(seconds)
        FROM still GROUP BY lane
    UNION ALL SELECT 'chunks_failed_last_day', NULL, NULL, NULL, NULL, count(*) FROM batches_chunk
        WHERE state = 'failed' AND finished_at > statement_timestamp() - interval '1 day'
    UNION ALL SELECT 'steps_finished_last_hour', 'by', finished_by, NULL, NULL, count(*)
        FROM batches_step WHERE finished_at > statement_timestamp() - interval '1 hour'
        GROUP BY finished_by
    UNION ALL SELECT 'outbox_messages', NULL, NULL, NULL, NULL, count(*) FROM pipeline_outboxmessage
    UNION ALL SELECT 'outbox_oldest_seconds', NULL, NULL, NULL, NULL, greatest(coalesce(
        extract(epoch FROM clock_timestamp() - min(due_at)), 0), 0) FROM pipeline_outboxmessage
    UNION ALL SELECT 'alerts_unsent', NULL, NULL, NULL, NULL, count(*)
        FROM alerts_alert WHERE state IN ('pending', 'sending')
    UNION ALL SELECT 'schedules_late_seconds', NULL, NULL, NULL, NULL, greatest(coalesce(
        extract(epoch FROM clock_timestamp() - min(next_at)), 0), 0)
        FROM schedules_schedule WHERE is_active
    UNION ALL SELECT 'evaluation_requests', 'state', state, NULL, NULL, count(*)
        FROM pipeline_evaluationrequest WHERE state <> 'started' GROUP BY state
"""
_STILL = f"WITH {_RUNNING} SELECT batch_id, lane, seconds FROM still WHERE seconds > %s"


class Sample(NamedTuple):
    """One figure: the metric's name without prefix, its labels but the tenant, and its value."""

    metric: str
    labels: dict[str, str]
    value: float


class Still(NamedTuple):
    """A running batch of which nobody holds a chunk, and for how long none was finished."""

    batch_id: UUID
    lane: str
    seconds: float


def measure_work() -> Iterator[Sample]:
    """Yield how the work of the tenant in scope stands, from the rows of the pipeline."""
    with connection.cursor() as cursor:
        cursor.execute(_WORK)
        for metric, *labels, value in cursor.fetchall():
            names, values = labels[::2], labels[1::2]
            told = {name: text for name, text in zip(names, values, strict=True) if name}
            yield Sample(metric, told, float(value))


def standing_still(*, seconds: float) -> list[Still]:
    """Answer the running batches of the tenant in scope that stand still for longer than that."""
    with connection.cursor() as cursor:
        cursor.execute(_STILL, [seconds])
        return [Still(*row) for row in cursor.fetchall()]
