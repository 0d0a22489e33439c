"""Split a change exactly over stages and slices: the parts add up to the whole.

The pass rate: a case that fails is lost at its first failing stage, so what a stage contributes
is the share of cases lost there before less the share lost there now. The score: a stage
contributes what it adds to the weighted mean, by the rules of `packs.fold`.

Categories and levels of complexity part the cases; the part without one has the value "". A case
with several tags is shared equally among them. Where a kind has very many values the smallest are
put together, under the value None.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from evalsite.regressions.frame import Frame
from evalsite.regressions.metrics import HEADLINE, SCORE
from evalsite.regressions.moved import Moved
from evalsite.regressions.revisions import Profile
from evalsite.regressions.standouts import standouts
from evalsite.stats.intervals import NOISE

if TYPE_CHECKING:
    from evalsite.regressions.cards import Floats

KINDS: Final = ("category", "complexity", "tag")
MOST_PARTS: Final = 100


def attribute(frame: Frame) -> dict[str, Any]:
    """Answer for pass rate and score: effect, n, stages, slices (each by stage) and standouts."""
    return {name: _split(frame, name) for name in (HEADLINE, SCORE)}


def _split(frame: Frame, name: str) -> dict[str, Any]:
    moved = Moved(frame, name)
    n, totals = moved.n, [(stage, float(column.sum())) for stage, column in moved]
    return {
        "metric": name,
        "effect": sum(total for _, total in totals) / n if n else None,
        "n": n,
        "stages": [
            {"stage": stage, "contribution": total / n if n else 0.0}
            for stage, total in totals
            if stage or abs(total) > NOISE * n
        ],
        "slices": list(_slices(frame, moved)),
        "standouts": standouts(frame, moved, totals=dict(totals)),
    }


def _slices(frame: Frame, moved: Moved) -> Iterator[dict[str, Any]]:
    """Add up each part of each kind, from sums of the profiles."""
    import numpy as np

    places, size = frame.profile[moved.pairs], len(frame.profiles)
    counts = np.bincount(places, minlength=size)
    sums = np.array([np.bincount(places, weights=column, minlength=size) for _, column in moved])
    for kind in KINDS:
        found: dict[str, list[Any]] = defaultdict(lambda: [0, np.zeros(len(sums))])
        for place in np.flatnonzero(counts).tolist():
            values = _values(frame.profiles[place], kind)
            share = sums[:, place] / len(values)
            for value in values:
                found[value][0] += int(counts[place])
                found[value][1] += share
        yield from _ranked(found, kind=kind, moved=moved)


def _ranked(
    found: Mapping[str, Sequence[Any]], *, kind: str, moved: Moved
) -> Iterator[dict[str, Any]]:
    """Yield the parts that weigh most, and what the others come to together."""
    import numpy as np

    ranked = sorted(found.items(), key=lambda part: -abs(part[1][1].sum()))
    rows: list[tuple[str | None, int, Floats]] = [(v, count, total) for v, (count, total) in ranked]
    if len(rows) > MOST_PARTS:
        rest = rows[MOST_PARTS:]
        merged = (None, sum(n for _, n, _ in rest), np.sum([total for *_, total in rest], axis=0))
        rows = [*rows[:MOST_PARTS], merged]
    for row in rows:
        yield _part(kind, row, moved=moved)


def _part(kind: str, row: tuple[Any, int, Any], *, moved: Moved) -> dict[str, Any]:
    value, count, total = row
    by_stage = zip(moved.stages, (total / moved.n).tolist(), strict=True)
    return {
        "kind": kind,
        "value": value,
        "n": count,
        "contribution": float(total.sum() / moved.n),
        "stages": {stage: share for stage, share in by_stage if stage or abs(share) > NOISE},
    }


def _values(profile: Profile, kind: str) -> list[str]:
    values = [value for of, value in profile.slices() if of == kind]
    return values or [""]
