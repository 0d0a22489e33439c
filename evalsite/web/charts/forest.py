"""Effects below one another around zero, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.figures import DASH, SHARE, between, change, moved
from evalsite.web.charts.scale import Scale, covering, known, marked

WIDTH: Final = 360.0
ROW: Final = 40.0
_EDGE: Final = 14.0
_FOOT: Final = 22.0
# Beside the figures of a row there is room for a name of so many letters.
_NAME: Final = 26
# From above to below a row's line: what stands over it is crossed by no line of the axis.
_ABOVE: Final = 7.0
_BELOW: Final = 16.0

# The name, the low end, the effect, the high end (None: not known), and the address or "".
ForestRow = tuple[str, float | None, float | None, float | None, str]


class Effect(NamedTuple):
    """A row: the name stands above its line, the figures at its right; places are across."""

    y: float
    name: str
    whole_name: str
    low: float | None
    dot: float | None
    high: float | None
    figures: str
    url: str
    side: str

    @property
    def top(self) -> float:
        """Where the axis' lines begin in this row."""
        return self.y - _ABOVE

    @property
    def end(self) -> float:
        """Where they end."""
        return self.y + _BELOW


class Tick(NamedTuple):
    """A place on an axis, and what stands there."""

    at: float
    text: str


class Forest(NamedTuple):
    """Rows and an axis in the view box 0 0 `width` `height`; `zero` is where nothing changes.

    `margin` is where the effect must be compared with, if that is not zero.
    """

    rows: list[Effect]
    ticks: list[Tick]
    zero: float
    margin: float | None
    foot: float
    label: str
    role: str
    height: float
    width: float = WIDTH


def forest(rows: Sequence[ForestRow], *, unit: str = SHARE, margin: float | None = None) -> Forest:
    """Place effects and the ends of their intervals, on a scale that has zero and the margin."""
    values = known(0.0, margin, *(end for row in rows for end in row[1:4]))
    scale, marks = covering(values, start=_EDGE, end=WIDTH - _EDGE)
    effects = [_effect(row, scale, y=ROW * at + ROW, unit=unit) for at, row in enumerate(rows)]
    foot = ROW * len(rows) + 16
    return Forest(
        effects,
        [Tick(scale.at(mark), moved(mark, unit)) for mark in marks],
        scale.at(0.0),
        scale.at(margin) if margin else None,
        foot,
        "; ".join(f"{each.whole_name}: {each.figures}" for each in effects) or "no effects",
        "group" if any(row[4] for row in rows) else "img",
        foot + _FOOT,
    )


def shortened(name: str, *, most: int) -> str:
    """Cut a long name, and say that it was cut."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _effect(row: ForestRow, scale: Scale, *, y: float, unit: str) -> Effect:
    name, low, value, high, url = row
    mark = marked(scale, (low, value, high))
    figures = change(value, unit) if known(value) else "not measured"
    if mark.low is not None:
        figures = f"{moved(value, unit)} ({between(low, high, unit=unit)})"
    named = shortened(name or DASH, most=_NAME)
    return Effect(y, named, name, *mark, figures, url, _side(low, high))


def _side(low: float | None, high: float | None) -> str:
    """Answer on which side of zero the whole interval is: above, below, or around it."""
    if low is None or high is None or low <= 0 <= high:
        return "around"
    return "above" if low > 0 else "below"
