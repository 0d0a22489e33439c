"""From numbers to places: scales, and ticks that are round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

# A step is one of these times a power of ten.
_STEPS: Final = (1, 2, 5, 10)


class Scale(NamedTuple):
    """Values from `low` to `high` on the places from `start` to `end`.

    Places are in units of the drawing's view box; where more is up, `end` is less than `start`.
    """

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Answer a value's place, with two digits; one beyond the scale stands at its end."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 2)


class Mark(NamedTuple):
    """The places of a value and of its interval's ends; None where there is none."""

    low: float | None
    dot: float | None
    high: float | None


# The low end of an interval, its value and its high end, None where not known.
Ends = tuple[float | None, float | None, float | None]


def marked(scale: Scale, given: Ends) -> Mark:
    """Place a value and its interval; half an interval, or one without its value, is none."""
    low, value, high = given
    if value is None or not known(value):
        return Mark(None, None, None)
    ends = known(low, high)
    start, end = map(scale.at, ends) if len(ends) == 2 else (None, None)
    return Mark(start, scale.at(value), end)


def known(*values: float | None) -> list[float]:
    """Answer the values that there are: neither None nor infinite nor not a number."""
    return [value for value in values if value is not None and math.isfinite(value)]


def ticks(low: float, high: float, *, about: int = 5) -> list[float]:
    """Answer round numbers (1, 2 or 5 times a power of ten apart) of which the first and the last
    enclose low..high, about as many as asked for."""
    low, high = _apart(low, high)
    size = (high - low) / max(1, about - 1)
    power = math.floor(math.log10(size))
    step = next(s for s in _STEPS if s * 10.0**power >= size * (1 - 1e-9))
    # As numbers of steps: 3 * 0.1 is none that anybody would write.
    unit = step * 10.0**power
    first, last = math.floor(low / unit + 1e-9), math.ceil(high / unit - 1e-9)
    return [round(place * unit, max(0, 2 - power)) for place in range(first, last + 1)]


def covering(
    values: Iterable[float], *, start: float, end: float, about: int = 5, share: bool = False
) -> tuple[Scale, list[float]]:
    """Answer a scale that covers the values, and its ticks; of shares nothing beyond 0..1."""
    found = list(values) or [0.0, 1.0]
    low, high = _apart(min(found), max(found))
    if share:
        low, high = max(low, min(0.0, *found)), min(high, max(1.0, *found))
    marks = ticks(low, high, about=about)
    return Scale(marks[0], marks[-1], start, end), marks


def _apart(low: float, high: float) -> tuple[float, float]:
    """Give equal values some room around them."""
    room = max(abs(high) * 0.05, 1e-9)
    return (low, high) if high - low > room * 1e-3 else (low - room, high + room)
