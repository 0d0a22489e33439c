"""What a batch's repetitions say per slice: pass@k and pass^k, in one pass over its scorecards."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.stats.repetition import over_cases
from evalsite.summaries.slices import slices_of

# A case without a verdict in one of its repetitions is left out, as it is from the pass rate.
_TRIES = """
    WITH cases AS (
        SELECT revision_id, count(*) AS n, count(*) FILTER (WHERE status = 'passed') AS passed
        FROM scoring_scorecard WHERE batch_id = %(batch)s AND status <> 'open'
        GROUP BY revision_id HAVING bool_and(status IN ('passed', 'failed'))
    ), profiles AS (
        SELECT tags, category, complexity, n, passed, count(*) AS cases
        FROM cases JOIN cases_revision r ON r.id = cases.revision_id
        GROUP BY tags, category, complexity, n, passed
    )
    SELECT slice.kind, slice.value, n, passed, sum(cases)::int8 FROM profiles {slices}
    GROUP BY slice.kind, slice.value, n, passed
"""


class Repeated(NamedTuple):
    """pass@k and pass^k for k from 1; None where a batch has no repetitions."""

    pass_at: list[float] | None = None
    pass_hat: list[float] | None = None


def repeated_of(batch: UUID, *, repetitions: int) -> dict[tuple[str, str], Repeated]:
    """Answer both per slice for k up to the repetitions; empty for a batch with only one."""
    if repetitions == 1:
        return {}
    tries: defaultdict[tuple[str, str], dict[tuple[int, int], int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_TRIES.format(slices=slices_of("profiles")), {"batch": batch})
        for kind, value, n, passed, cases in cursor.fetchall():
            tries[kind, value][n, passed] = cases
    return {place: _read(given, most=repetitions) for place, given in tries.items()}


def _read(tries: dict[tuple[int, int], int], *, most: int) -> Repeated:
    means = over_cases(tries, most=most)
    return Repeated([at for at, _ in means], [hat for _, hat in means])
