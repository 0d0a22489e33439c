"""Where a series shifts that is known to have shifted."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def locate_shift(values: Sequence[float], *, least: int = 2) -> int | None:
    """Answer the index of the first value at the new level; None where there are no two levels.

    The place that leaves the smallest sum of distances to the medians of both sides (Bai 1995,
    Econometric Theory 11:403). By distances a large shift is placed exactly, where ranks would
    not know a value at the edge of one level from the other; by medians a wild value moves
    nothing. Each side has `least` values at least. Whether there is a shift is asked elsewhere:
    `change_points.find_change` for a finished series, `change_evidence` for a growing one.
    """
    places = range(least, len(values) - least + 1)
    if not places or min(values) == max(values):
        return None
    return min(places, key=lambda at: _apart(values[:at]) + _apart(values[at:]))


def _apart(side: Sequence[float]) -> float:
    middle = median(side)
    return sum(abs(value - middle) for value in side)
