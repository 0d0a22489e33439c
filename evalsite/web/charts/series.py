"""A series over versions or batches: values, intervals, what is missing, and where it changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.figures import SHARE, level, levels
from evalsite.web.charts.forest import Tick, shortened
from evalsite.web.charts.lines import Band, Place, bands, joined, lines
from evalsite.web.charts.scale import Mark, Scale, covering, known, marked

WIDTH: Final = 720.0
HEIGHT: Final = 270.0
LEFT, RIGHT, FOOT = 64.0, 700.0, 236.0
# Labels of changes stand above the plot.
_TOP, _TOP_BARE = 48.0, 16.0
# More intervals than this are a band; each alone could not be told from the next.
_BARS: Final = 40
# A name below the axis takes so much room, and is cut after so many letters.
_NAME_WIDTH: Final = 80.0
_NAME: Final = 12


class SeriesPoint(NamedTuple):
    """A value in its interval, None where not known; `note` says what is lacking, "" if nothing."""

    value: float | None
    low: float | None
    high: float | None
    name: str
    url: str = ""
    note: str = ""


class Change(NamedTuple):
    """Before which point the level changed, in a word or two."""

    at: int
    label: str
    is_harm: bool


class PointMark(NamedTuple):
    """A point; one that was not measured is a cross on the axis."""

    x: float
    mark: Mark
    text: str
    url: str
    is_whole: bool


class ChangeMark(NamedTuple):
    """A line across the plot; its label stands at the top, on the side that has room."""

    x: float
    text_x: float
    text_y: float
    anchor: str
    label: str
    is_harm: bool


class Series(NamedTuple):
    """What to draw in the view box 0 0 `width` `height`."""

    points: list[PointMark]
    lines: list[str]
    bands: list[str]
    changes: list[ChangeMark]
    names: list[Tick]
    levels: list[Tick]
    has_bars: bool
    label: str
    role: str
    left: float = LEFT
    right: float = RIGHT
    foot: float = FOOT
    width: float = WIDTH
    height: float = HEIGHT


def series(
    points: Sequence[SeriesPoint], *, changes: Sequence[Change] = (), unit: str = SHARE
) -> Series:
    """Place a series in the order given, its points equally far apart; one without a value is a
    gap. A change is a line halfway between the point before it and its own."""
    values = known(*(end for point in points for end in point[:3]))
    up, marks = covering(
        values, start=FOOT, end=_TOP if changes else _TOP_BARE, share=unit == SHARE
    )
    across = Scale(-0.5, max(0.5, len(points) - 0.5), LEFT, RIGHT)
    placed = [
        PointMark(
            across.at(at), marked(up, _ends(point)), _text(point, unit), point.url, not point.note
        )
        for at, point in enumerate(points)
    ]
    return Series(
        placed,
        [joined(run) for run in lines(map(_place, placed)) if len(run) > 1],
        list(bands(map(_band, placed))) if len(points) > _BARS else [],
        [_change(change, across, nth=nth) for nth, change in enumerate(changes)],
        _names(points, across),
        [Tick(up.at(mark), level(mark, unit)) for mark in marks],
        len(points) <= _BARS,
        _label(points, changes, unit=unit),
        "group" if any(point.url for point in points) else "img",
    )


def _ends(point: SeriesPoint) -> tuple[float | None, float | None, float | None]:
    return point.low, point.value, point.high


def _place(point: PointMark) -> Place | None:
    return None if point.mark.dot is None else Place(point.x, point.mark.dot)


def _band(point: PointMark) -> Band | None:
    low, _, high = point.mark
    return None if low is None or high is None else Band(point.x, low, high)


def _change(change: Change, across: Scale, *, nth: int) -> ChangeMark:
    """Place a change; labels of neighbours stand on two lines, towards the middle of the plot."""
    x = across.at(change.at - 0.5)
    is_right = x > (LEFT + RIGHT) / 2
    text_x = x - 4 if is_right else x + 4
    anchor = "end" if is_right else "start"
    return ChangeMark(x, text_x, 16.0 + 14 * (nth % 2), anchor, change.label, change.is_harm)


def _names(points: Sequence[SeriesPoint], across: Scale) -> list[Tick]:
    """Name every first, second, third ... point, so that names stand clear of one another."""
    room = (RIGHT - LEFT) / max(1, len(points))
    every = max(1, round(_NAME_WIDTH / room + 0.49))
    return [
        Tick(across.at(at), shortened(points[at].name, most=_NAME))
        for at in range(0, len(points), every)
    ]


def _text(point: SeriesPoint, unit: str) -> str:
    told = level(point.value, unit) if known(point.value) else "not measured"
    if known(point.value) and len(known(point.low, point.high)) == 2:
        told += (
            f", 95 % interval {levels(point.low, point.high, unit=unit)}{' %' * (unit == SHARE)}"
        )
    return f"{point.name}: {told}{f' ({point.note})' if point.note else ''}"


def _label(points: Sequence[SeriesPoint], changes: Sequence[Change], *, unit: str) -> str:
    told = [point for point in points if known(point.value)]
    ends = " to ".join(dict.fromkeys(_text(each, unit) for each in (*told[:1], *told[-1:])))
    parts = [f"{len(points)} points", ends, f"{len(points) - len(told)} not measured"]
    parts += [f"change before {points[change.at].name}: {change.label}" for change in changes]
    return "; ".join(filter(None, parts))
