"""The trend over finished batches of whole suites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Avg, F, Max, Min, QuerySet, Sum

from evalsite.summaries.models import Summary
from evalsite.trends.batches import VALUES, VERSION
from evalsite.trends.points import Point
from evalsite.trends.selection import Selection

_JUDGED: Final = F("n") - F("unscored") - F("errored")
# The cases that a metric could be measured on; of the others a summary does not tell.
_MEASURED: Final[dict[str, Any]] = {
    "pass_rate": _JUDGED,
    "score": _JUDGED,
    "cost_usd": F("cost_known"),
}
# Where a summary has the ends of a metric's interval.
_ENDS: Final = {"pass_rate": ("pass_low", "pass_high"), "score": ("score_low", "score_high")}


def trend_of_batches(selection: Selection, *, metric: str) -> Iterator[Point]:
    """Answer each line's versions in the order in which they were first evaluated.

    min and max are those of the version's batches. Batches of a version share their cases: their
    intervals are averaged, not narrowed. `metric` is one of `trends.batches.VALUES`.
    """
    for row in statement(selection, metric=metric):
        yield _point(dict(row))


def statement(selection: Selection, *, metric: str) -> QuerySet[Summary, Any]:
    """Answer the one statement that the trend is read with."""
    low, high = _ENDS.get(metric, ("", ""))
    ends = {"low": Avg(low), "high": Avg(high)} if low else {}
    return (
        selection.batches()
        .values(
            suite=F("batch__suite__name"),
            target=F("batch__run__target__name"),
            client_type=F("batch__run__client_type"),
            version=VERSION,
        )
        .annotate(
            avg=Avg(VALUES[metric]),
            least=Min(VALUES[metric]),
            most=Max(VALUES[metric]),
            cases=Max("n"),
            measured=Sum(_MEASURED.get(metric, F("n"))),
            all_cases=Sum("n"),
            first_at=Min("batch__created_at"),
            last_at=Max("batch__finished_at"),
            **ends,
        )
        .order_by("suite", "target", "client_type", "first_at", "version")
    )


def _point(row: dict[str, Any]) -> Point:
    line = {name: row[name] for name in ("suite", "target", "client_type") if row[name]}
    return Point(
        line=line,
        version=row["version"],
        avg=row["avg"],
        low=row.get("low"),
        high=row.get("high"),
        min=row["least"],
        max=row["most"],
        n=row["cases"],
        samples=row["measured"],
        unscored=row["all_cases"] - row["measured"],
        first_recorded=row["first_at"],
        last_recorded=row["last_at"] or row["first_at"],
    )
