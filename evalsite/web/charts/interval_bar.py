"""A share with its interval, as small as a word."""

from __future__ import annotations

from typing import Final, NamedTuple

from evalsite.figures import level, levels
from evalsite.web.charts.scale import Ends, Scale, known, marked

WIDTH: Final = 120.0
HEIGHT: Final = 16.0
_EDGE: Final = 5.0


class IntervalBar(NamedTuple):
    """Places across the view box 0 0 WIDTH HEIGHT; None where there is no figure."""

    start: float
    end: float
    y: float
    low: float | None
    dot: float | None
    high: float | None
    label: str
    width: float = WIDTH
    height: float = HEIGHT


def interval_bar(given: Ends) -> IntervalBar:
    """Place a share (0..1) and the ends of its interval."""
    scale = Scale(0.0, 1.0, _EDGE, WIDTH - _EDGE)
    mark = marked(scale, given)
    return IntervalBar(scale.start, scale.end, HEIGHT / 2, *mark, _label(given))


def _label(given: Ends) -> str:
    low, value, high = given
    if not known(value):
        return "not measured"
    if len(known(low, high)) < 2:
        return f"{level(value)}, no interval"
    return f"{level(value)}, 95 % interval {levels(low, high)} %"
