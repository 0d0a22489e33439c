"""A series as small as a word: its line, its band and its last value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.figures import SHARE, level
from evalsite.web.charts.lines import Band, Place, bands, joined, lines
from evalsite.web.charts.scale import Scale, covering, known

WIDTH: Final = 120.0
HEIGHT: Final = 28.0
_EDGE: Final = 4.0

# The value, the low and the high end of its interval (None: not known), and its name.
SparkPoint = tuple[float | None, float | None, float | None, str]


class Sparkline(NamedTuple):
    """Outlines and places in the view box 0 0 WIDTH HEIGHT.

    Each stretch without a gap is a line; a point alone between gaps is a dot, and so is the last.
    """

    lines: list[str]
    bands: list[str]
    dots: list[Place]
    label: str
    width: float = WIDTH
    height: float = HEIGHT


def sparkline(points: Sequence[SparkPoint], *, unit: str = SHARE) -> Sparkline:
    """Place a series, its points equally far apart; one without a value is a gap."""
    values = known(*(end for point in points for end in point[:3]))
    up, _ = covering(values, start=HEIGHT - _EDGE, end=_EDGE, share=unit == SHARE)
    across = Scale(0.0, max(1.0, len(points) - 1.0), _EDGE, WIDTH - _EDGE)
    places: list[Place | None] = []
    ends: list[Band | None] = []
    for at, (value, low, high, _) in enumerate(points):
        placed = [[up.at(each) for each in known(end)] for end in (value, low, high)]
        places += [Place(across.at(at), y) for y in placed[0]] or [None]
        is_whole = all(placed)
        ends += [Band(across.at(at), placed[1][0], placed[2][0])] if is_whole else [None]
    runs = list(lines(places))
    return Sparkline(
        [joined(run) for run in runs if len(run) > 1],
        list(bands(ends)),
        [run[0] for run in runs if len(run) == 1] + [run[-1] for run in runs[-1:] if len(run) > 1],
        _label(points, unit=unit),
    )


def _label(points: Sequence[SparkPoint], *, unit: str) -> str:
    told = [(level(value, unit), name) for value, _, _, name in points if known(value)]
    missing = len(points) - len(told)
    left_out = f"; {missing} not measured" if missing else ""
    if not told:
        return f"nothing measured{left_out}"
    (first, since), (last, now) = told[0], told[-1]
    if len(told) == 1:
        return f"{last} ({now}){left_out}"
    return f"{len(told)} points, from {first} ({since}) to {last} ({now}){left_out}"
