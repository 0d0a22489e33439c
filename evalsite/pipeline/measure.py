"""The figures that monitoring asks for: a few aggregates of one tenant at a time."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from evalsite.pipeline.measure_work import Sample, measure_work

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
LATEST = (
    *("score", "score_low", "score_high", "pass_rate", "pass_rate_low", "pass_rate_high"),
    *("unscored_rate", "regressed", "last_batch_cost_usd"),
    "last_batch_finished_timestamp_seconds",
)


def measure() -> Iterator[Sample]:
    """Yield the figures of the tenant in scope; what is not known is left out, never zero."""
    for suite, target, *values in _rows(_LATEST, NEWEST):
        for metric, value in zip(LATEST, values, strict=True):
            if value is not None:
                labels = {"suite": str(suite), "target": str(target)}
                yield Sample(metric, labels, float(str(value)))
    yield from measure_work()


def _rows(sql: str, *parameters: int) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
