"""The figures that monitoring asks for: a few aggregates of one tenant at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

# Among so many of a suite's newest batches each target's newest finished one is looked for.
NEWEST = 500

_LATEST = """
    WITH latest AS (
        SELECT DISTINCT ON (b.suite_id, r.target_id)
               b.id, b.suite_id, r.target_id, b.finished_at, b.spent_usd
        FROM cases_suite s CROSS JOIN LATERAL (
            SELECT * FROM batches_batch WHERE suite_id = s.id ORDER BY created_at DESC LIMIT %s) b
        JOIN targets_run r ON r.id = b.run_id
        WHERE b.state = 'finished'
        ORDER BY b.suite_id, r.target_id, b.finished_at DESC)
    SELECT s.name, t.name, m.mean_score, m.score_low, m.score_high,
           m.pass_rate, m.pass_low, m.pass_high,
           (m.unscored + m.errored)::float8 / nullif(m.n, 0),
           (c.verdict = 'regressed')::int, l.spent_usd::float8, extract(epoch FROM l.finished_at)
    FROM latest l
    JOIN cases_suite s ON s.id = l.suite_id JOIN targets_target t ON t.id = l.target_id
    JOIN summaries_summary m ON m.batch_id = l.id AND m.slice_kind = 'all'
    LEFT JOIN regressions_comparison c ON c.batch_id = l.id AND c.is_own
    ORDER BY s.name, t.name
"""
_STATES = """
    WITH open_chunk AS (
        SELECT c.state, coalesce(c.dispatched_at, (
                   SELECT max(finished_at) FROM batches_step WHERE batch_id = b.id
               ), b.created_at) AS since
        FROM batches_batch b
        JOIN batches_step s ON s.batch_id = b.id AND s.state = 'running'
        JOIN batches_chunk c ON c.step_id = s.id AND c.state IN ('pending', 'leased')
        WHERE b.state = 'running')
    SELECT 'batches', state, count(*)::float8 FROM batches_batch GROUP BY state
    UNION ALL SELECT 'chunks', state, count(*) FROM open_chunk GROUP BY state
    UNION ALL SELECT 'oldest_pending_chunk_seconds', '', coalesce(
        extract(epoch FROM clock_timestamp() - min(since)), 0)
        FROM open_chunk WHERE state = 'pending'
    UNION ALL SELECT 'outbox_messages', '', count(*) FROM pipeline_outboxmessage
    UNION ALL SELECT 'outbox_oldest_seconds', '', greatest(coalesce(
        extract(epoch FROM clock_timestamp() - min(due_at)), 0), 0) FROM pipeline_outboxmessage
    UNION ALL SELECT 'alerts_unsent', '', count(*)
        FROM alerts_alert WHERE state IN ('pending', 'sending')
    UNION ALL SELECT 'evaluation_requests', state, count(*)
        FROM pipeline_evaluationrequest WHERE state <> 'started' GROUP BY state
"""
LATEST = (
    *("score", "score_low", "score_high", "pass_rate", "pass_rate_low", "pass_rate_high"),
    *("unscored_rate", "regressed", "last_batch_cost_usd"),
    "last_batch_finished_timestamp_seconds",
)


class Sample(NamedTuple):
    """One figure: the metric's name without prefix, its labels but the tenant, and its value."""

    metric: str
    labels: dict[str, str]
    value: float


def measure() -> Iterator[Sample]:
    """Yield the figures of the tenant in scope; what is not known is left out, never zero."""
    for suite, target, *values in _rows(_LATEST, NEWEST):
        for metric, value in zip(LATEST, values, strict=True):
            if value is not None:
                labels = {"suite": str(suite), "target": str(target)}
                yield Sample(metric, labels, float(str(value)))
    for name, state, value in _rows(_STATES):
        yield Sample(str(name), {"state": str(state)} if state else {}, float(str(value)))


def _rows(sql: str, *parameters: int) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
