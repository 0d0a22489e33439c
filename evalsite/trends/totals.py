"""What is there of each experiment and group, added up."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Avg, Count, F, FloatField, IntegerField, Max, Q, Sum
from django.db.models.functions import Cast

from evalsite.trends.selection import NoResults, Selection

_SUCCESS: Final = Cast(Cast("success", IntegerField()), FloatField())


def totals(selection: Selection) -> list[dict[str, Any]]:
    """Answer counts, plain means over the results, and sums, per experiment and group.

    `unscored` results are in no mean. Raises NoResults where the selection leaves nothing.
    """
    rows = (
        selection.results()
        .values("experiment__name", "group")
        .annotate(
            versions=Count("version", distinct=True),
            tasks=Count("task", distinct=True),
            results=Count("pk"),
            unscored=Count("pk", filter=Q(score__isnull=True)),
            pass_rate=Avg(_SUCCESS),
            mean_score=Avg("score"),
            mean_latency_ms=Avg("latency_ms"),
            sum_cost_usd=Sum("cost_usd"),
            sum_tokens=Sum("tokens_used"),
            last_recorded=Max("recorded_at"),
        )
        .order_by(F("experiment__name"), F("group"))
    )
    found = [{"experiment": row.pop("experiment__name"), **row} for row in map(dict, rows)]
    if not found:
        raise NoResults("no result of an experiment fits")
    return found
