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
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from evalsite.regressions.frame import Frame
from evalsite.regressions.metrics import HEADLINE, SCORE
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


def changes(frame: Frame, name: str) -> Floats:
    """Answer how each pair changed, a column for each stage and one for what no stage explains."""
    import numpy as np

    paired, columns = frame.paired(name), range(len(frame.stages) + 1)
    if name == HEADLINE:
        moved = [frame.before.fell(i)[paired] - frame.now.fell(i)[paired] for i in columns]
    else:
        moved = [frame.now.points(i)[paired] - frame.before.points(i)[paired] for i in columns]
    return np.column_stack(moved)


def _split(frame: Frame, name: str) -> dict[str, Any]:
    moved = changes(frame, name)
    n, stages = len(moved), [*frame.stages, ""]
    totals = (moved.sum(axis=0) / n).tolist() if n else [0.0] * len(stages)
    return {
        "metric": name,
        "effect": sum(totals) if n else None,
        "n": n,
        "stages": [
            {"stage": stage, "contribution": total}
            for stage, total in zip(stages, totals, strict=True)
            if stage or abs(total) > NOISE
        ],
        "slices": [part for kind in KINDS for part in _parts(frame, name, moved=moved, kind=kind)],
        "standouts": standouts(frame, name, moved=moved),
    }


def _parts(frame: Frame, name: str, *, moved: Floats, kind: str) -> list[dict[str, Any]]:
    """Add up each part of a kind, from sums of the profiles."""
    import numpy as np

    places = frame.profile[frame.paired(name)]
    size = len(frame.profiles)
    counts = np.bincount(places, minlength=size)
    columns = range(moved.shape[1])
    sums = [np.bincount(places, weights=moved[:, i], minlength=size) for i in columns]
    found: dict[str, list[Any]] = defaultdict(lambda: [0, np.zeros(len(columns))])
    for place in np.flatnonzero(counts).tolist():
        values = _values(frame.profiles[place], kind)
        share = np.array([column[place] for column in sums]) / len(values)
        for value in values:
            found[value][0] += int(counts[place])
            found[value][1] += share
    ranked = sorted(found.items(), key=lambda part: -abs(part[1][1].sum()))
    rows: list[tuple[str | None, int, Floats]] = [(v, count, total) for v, (count, total) in ranked]
    if len(rows) > MOST_PARTS:
        rest = rows[MOST_PARTS:]
        merged = (None, sum(n for _, n, _ in rest), np.sum([total for *_, total in rest], axis=0))
        rows = [*rows[:MOST_PARTS], merged]
    return [_part(kind, row, n=len(moved), stages=frame.stages) for row in rows]


def _part(kind: str, row: tuple[Any, int, Any], *, n: int, stages: Sequence[str]) -> dict[str, Any]:
    value, count, total = row
    by_stage = zip([*stages, ""], (total / n).tolist(), strict=True)
    return {
        "kind": kind,
        "value": value,
        "n": count,
        "contribution": float(total.sum() / n),
        "stages": {stage: share for stage, share in by_stage if stage or abs(share) > NOISE},
    }


def _values(profile: Profile, kind: str) -> list[str]:
    values = [value for of, value in profile.slices() if of == kind]
    return values or [""]
