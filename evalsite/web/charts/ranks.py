"""Which ranks each system may have, below one another on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.web.charts.forest import Tick, shortened
from evalsite.web.charts.scale import Mark, Scale, marked, ticks

WIDTH: Final = 360.0
ROW: Final = 22.0
LEFT, RIGHT = 138.0, 318.0
_HEAD: Final = 20.0
_NAME: Final = 18
_FEW: Final = 12


class Ranked(NamedTuple):
    """A system's rank, and the best and the worst that it may have; `ties` are letters or ""."""

    name: str
    low: int
    rank: int
    high: int
    ties: str = ""
    url: str = ""


class RankMark(NamedTuple):
    """A row: its name at the left, its ranks as places across, its ties at the right."""

    y: float
    name: str
    text: str
    mark: Mark
    ties: str
    url: str


class Ranks(NamedTuple):
    """Rows and an axis in the view box 0 0 `width` `height`; the best rank is at the left."""

    rows: list[RankMark]
    ticks: list[Tick]
    label: str
    role: str
    height: float
    head: float = _HEAD
    width: float = WIDTH


def ranks(rows: Sequence[Ranked]) -> Ranks:
    """Place systems in the order given, on a scale from the best rank among them to the worst."""
    best = min((row.low for row in rows), default=1)
    worst = max((row.high for row in rows), default=1)
    scale = Scale(best - 0.5, worst + 0.5, LEFT, RIGHT)
    placed = [_row(row, scale, y=_HEAD + ROW * (at + 0.5)) for at, row in enumerate(rows)]
    return Ranks(
        placed,
        [Tick(scale.at(rank), str(rank)) for rank in _axis(best, worst)],
        "; ".join(row.text for row in placed) or "no ranks",
        "group" if any(row.url for row in rows) else "img",
        _HEAD + ROW * len(rows) + 4,
    )


def _axis(best: int, worst: int) -> list[int]:
    """Name each of a few ranks; of many the best, and round ones."""
    if worst - best < _FEW:
        return list(range(best, worst + 1))
    round_ones = [int(mark) for mark in ticks(best, worst) if best < mark <= worst]
    return [best, *round_ones]


def _row(row: Ranked, scale: Scale, *, y: float) -> RankMark:
    may_be = f", may be {row.low} to {row.high}" if row.low != row.high else ""
    ties = f", ties {row.ties}" if row.ties else ""
    return RankMark(
        y,
        shortened(row.name, most=_NAME),
        f"{row.name}: rank {row.rank}{may_be}{ties}",
        marked(scale, (row.low, row.rank, row.high)),
        row.ties,
        row.url,
    )
