"""Questions about shifts."""

from __future__ import annotations

from django.db.models import QuerySet

from evalsite.trends.models import Shift
from evalsite.trends.selection import Selection


def shifts_of(selection: Selection, *, metric: str) -> QuerySet[Shift]:
    """Answer the shifts of a metric in the series whose batches fit, the newest first."""
    fitting = selection.batches().values("batch")
    found = Shift.objects.filter(batch__in=fitting, metric=metric)
    return found.select_related("suite", "target").order_by("-found_at", "-pk")
