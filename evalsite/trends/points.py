"""A point of a trend: a metric of one version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple


class Point(NamedTuple):
    """A metric of one version; `line` tells whose: an experiment's group, or a target on a suite.

    `avg` is over `n` tasks or cases; `samples` are the results or batches' cases that were
    measured, `unscored` those that were not: these are in no other figure. avg, min and max are
    None where nothing was measured, low and high (95 %) also where there is too little to tell.
    """

    line: dict[str, str]
    version: str
    avg: float | None
    low: float | None
    high: float | None
    min: float | None
    max: float | None
    n: int
    samples: int
    unscored: int
    first_recorded: datetime
    last_recorded: datetime

    def as_json(self) -> dict[str, Any]:
        """Answer the point as plain JSON."""
        fields = self._asdict()
        times = ("first_recorded", "last_recorded")
        return {**fields, **{name: fields[name].isoformat() for name in times}}


def newest(points: Sequence[Point], *, limit: int | None) -> list[Point]:
    """Answer the newest versions of each line, in the order that they had; all without a limit."""
    if limit is None:
        return list(points)
    behind = [*points[limit:], *[None] * limit]
    pairs = zip(points, behind, strict=False)
    return [point for point, later in pairs if later is None or later.line != point.line]
