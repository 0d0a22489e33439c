"""Questions about scorecards."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from evalsite.scoring.models import Scorecard, ScoreStatus


class Missing(NamedTuple):
    """Why `n` cases of a batch have no verdict: a code, and one of the reasons that stand by it."""

    code: str
    n: int
    reason: str


# A chunk that was written off has its code beside the stages, under the name "batch".
_MISSING = """
    SELECT code, count(DISTINCT (revision_id, repetition)), min(left(reason, 200))
    FROM (
        SELECT c.revision_id, c.repetition, s.value->>'code' AS code,
            coalesce(c.details->s.key->>'reason', '') AS reason
        FROM scoring_scorecard c CROSS JOIN LATERAL jsonb_each(c.stages) s
        WHERE c.batch_id = %(batch)s AND c.status IN ('errored', 'unscored')
          AND s.value->>'status' IN ('errored', 'unscored')
        UNION ALL
        SELECT c.revision_id, c.repetition, c.details->'batch'->>'code', ''
        FROM scoring_scorecard c
        WHERE c.batch_id = %(batch)s AND c.status = 'errored' AND c.details ? 'batch'
        UNION ALL
        SELECT k.revision_id, k.repetition, s.value->>'code', ''
        FROM scoring_extract e CROSS JOIN LATERAL unnest(
            e.revisions, e.repetitions, e.statuses, e.stages
        ) AS k (revision_id, repetition, status, stages) CROSS JOIN LATERAL jsonb_each(k.stages) s
        WHERE e.batch_id = %(batch)s AND k.status IN ('errored', 'unscored')
          AND s.value->>'status' IN ('errored', 'unscored')
    ) why
    WHERE code IS NOT NULL GROUP BY code ORDER BY 2 DESC, code
"""


def missing(batch_id: UUID) -> list[Missing]:
    """Answer why cases of a batch have no verdict, the most frequent code first."""
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, {"batch": batch_id})
        return [Missing(*row) for row in cursor.fetchall()]


def of_batch(batch_id: UUID) -> QuerySet[Scorecard]:
    """Answer the scorecards of a batch."""
    return Scorecard.objects.filter(batch=batch_id)


def revisions_with(batch_id: UUID, *statuses: ScoreStatus) -> QuerySet[Scorecard, Any]:
    """Answer the revisions of a batch that have a scorecard in one of the statuses, once each."""
    cards = of_batch(batch_id).filter(status__in=statuses)
    return cards.order_by("revision_id").values("revision_id").distinct()
