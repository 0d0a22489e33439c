"""Lines and bands through points, with a gap where one is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple


class Place(NamedTuple):
    """Where something is in the view box."""

    x: float
    y: float


class Band(NamedTuple):
    """The places of an interval's two ends."""

    x: float
    low: float
    high: float


def lines(places: Iterable[Place | None]) -> Iterator[list[Place]]:
    """Yield the places that follow one another without a gap."""
    for is_gap, run in groupby(places, key=lambda place: place is None):
        if not is_gap:
            yield [place for place in run if place is not None]


def bands(ends: Iterable[Band | None]) -> Iterator[str]:
    """Yield the outlines of intervals that follow one another without a gap, two or more."""
    for is_gap, run in groupby(ends, key=lambda band: band is None):
        found = [] if is_gap else [band for band in run if band is not None]
        if len(found) > 1:
            above = [Place(band.x, band.high) for band in found]
            yield joined([*above, *(Place(band.x, band.low) for band in reversed(found))])


def joined(places: Sequence[Place]) -> str:
    """Write places as the points of a polyline or a polygon."""
    return " ".join(f"{place.x:g},{place.y:g}" for place in places)
