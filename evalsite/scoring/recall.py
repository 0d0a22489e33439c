"""The scorecards of a few cases, as they are or as a purge has left them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from django.db import connection

from evalsite.cases.models import Revision
from evalsite.scoring.models import Scorecard

_KEPT: Final = """
    SELECT kept.revision_id, kept.repetition, kept.status, kept.score, kept.stages::text
    FROM scoring_extract e CROSS JOIN LATERAL unnest(
        e.revisions, e.repetitions, e.statuses, e.scores, e.stages
    ) AS kept (revision_id, repetition, status, score, stages)
    WHERE e.batch_id = %s AND kept.revision_id = ANY (%s)
"""


def recall(batch: UUID, revisions: Sequence[UUID]) -> list[Scorecard]:
    """Answer the scorecards of these revisions with their cases, in order of repetition.

    One that was purged has its scores and no details.
    """
    there = Scorecard.objects.filter(batch=batch, revision__in=revisions)
    cards = [*there.select_related("revision__case"), *_kept(batch, revisions)]
    return sorted(cards, key=lambda card: (card.revision_id, card.repetition))


def _kept(batch: UUID, revisions: Sequence[UUID]) -> Iterator[Scorecard]:
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, [batch, list(revisions)])
        rows = cursor.fetchall()
    found = Revision.objects.select_related("case").in_bulk([row[0] for row in rows])
    for revision, repetition, status, score, stages in rows:
        yield Scorecard(
            batch_id=batch,
            revision=found[revision],
            repetition=repetition,
            status=status,
            overall_score=score,
            stages=json.loads(stages),
        )
