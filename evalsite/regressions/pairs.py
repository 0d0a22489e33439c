"""The cases of two batches side by side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

# A case is judged where all its repetitions passed or failed, and passed where all passed.
# Columns of the side on which a case has no scorecard are NULL.
_PAIRS = """
    WITH sides AS (
        SELECT r.case_id, c.batch_id = %(now)s AS is_now,
            bool_and(c.status IN ('passed', 'failed')) AS judged,
            bool_and(c.status = 'passed') AS passed,
            avg(c.overall_score) AS score,
            (array_agg(c.revision_id))[1] AS revision_id
        FROM scoring_scorecard c JOIN cases_revision r ON r.id = c.revision_id
        WHERE c.batch_id IN (%(now)s, %(before)s)
        GROUP BY 1, 2
    ), pairs AS (
        SELECT case_id, now.revision_id,
            now.judged AS judged_now, before.judged AS judged_before,
            now.judged AND before.judged AS judged,
            now.passed AS passed_now, before.passed AS passed_before,
            now.score AS score_now, before.score AS score_before
        FROM (SELECT * FROM sides WHERE is_now) AS now
        FULL JOIN (SELECT * FROM sides WHERE NOT is_now) AS before USING (case_id)
    )
"""


def select(sql: str, *, now: UUID, before: UUID, **values: Any) -> list[tuple[Any, ...]]:
    """Answer the rows of a SELECT from `pairs`, which holds the cases of both batches."""
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS + sql, {"now": now, "before": before, **values})
        return list(cursor.fetchall())
