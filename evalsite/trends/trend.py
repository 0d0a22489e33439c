"""A metric from version to version, in the order in which the versions first came."""

from __future__ import annotations

from typing import Final

from evalsite.trends.batches import VALUES
from evalsite.trends.points import Point
from evalsite.trends.selection import NoResults, Selection
from evalsite.trends.trend_batches import trend_of_batches
from evalsite.trends.trend_results import OF_RESULT, trend_of_results

METRICS: Final = (*OF_RESULT, *(name for name in VALUES if name not in OF_RESULT))


def trend(selection: Selection, *, metric: str = "score") -> list[Point]:
    """Answer the trend over experiments' results, then that over finished batches, line by line.

    `metric` is one of METRICS; raises NoResults where the selection leaves nothing.
    """
    points: list[Point] = []
    if metric in OF_RESULT:
        points += trend_of_results(selection, metric=metric)
    if metric in VALUES:
        points += trend_of_batches(selection, metric=metric)
    if not points:
        raise NoResults("no result and no finished batch of a whole suite fits")
    return points
