"""Questions about summaries."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from evalsite.summaries.models import SliceKind, Summary


def of_batch(batch: UUID) -> QuerySet[Summary]:
    """Answer a batch's summary rows, the whole first, then slice by slice."""
    return Summary.objects.filter(batch=batch).order_by("slice_kind", "slice_value")


def headline(batch: UUID) -> Summary | None:
    """Answer the row of the whole batch, or None before it is summarised."""
    return of_batch(batch).filter(slice_kind=SliceKind.ALL).first()
