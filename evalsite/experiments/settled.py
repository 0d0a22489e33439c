"""Which cases of a running batch a look may count, as SQL.

The cases were put in an order drawn before the run. A look counts the longest beginning of that
order in which every case has its final verdict. Counting whatever is ready would err: what a gate
stops is ready first, and quick cases before slow ones.
"""

from __future__ import annotations

from typing import Final

# Needs %(batch)s and %(repetitions)s; answers (revision_id).
SETTLED_CASES: Final = """
    SELECT revision_id FROM (
        SELECT placed.revision_id, placed.place,
            min(placed.place) FILTER (WHERE placed.left_open) OVER () AS first_open
        FROM (
            SELECT r.id AS revision_id, row_number() OVER (ORDER BY c.number, r.nth) AS place,
                coalesce(f.n, 0) < %(repetitions)s AS left_open
            FROM batches_step st JOIN batches_chunk c ON c.step_id = st.id
            CROSS JOIN LATERAL unnest(c.revisions) WITH ORDINALITY AS r (id, nth)
            LEFT JOIN (
                SELECT revision_id, count(*) AS n FROM scoring_scorecard
                WHERE batch_id = %(batch)s AND status <> 'open' GROUP BY revision_id
            ) f ON f.revision_id = r.id
            WHERE st.batch_id = %(batch)s AND st.round = 0 AND st.number = 0
        ) placed
    ) cut WHERE first_open IS NULL OR place < first_open
"""
