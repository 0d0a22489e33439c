"""Questions about scorecards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from evalsite.scoring.models import Scorecard, ScoreStatus


def of_batch(batch_id: UUID) -> QuerySet[Scorecard]:
    """Answer the scorecards of a batch."""
    return Scorecard.objects.filter(batch=batch_id)


def revisions_with(batch_id: UUID, *statuses: ScoreStatus) -> QuerySet[Scorecard, Any]:
    """Answer the revisions of a batch that have a scorecard in one of the statuses, once each."""
    cards = of_batch(batch_id).filter(status__in=statuses)
    return cards.order_by("revision_id").values("revision_id").distinct()
