"""Split a change exactly over stages and slices: the parts add up to the whole.

The pass rate: a case that fails is lost at its first failing stage, so what a stage contributes
is the share of cases lost there before less the share lost there now. The score: a stage
contributes what it adds to the weighted mean, by the rules of `packs.fold`.

Categories and levels of complexity part the cases; the part without one has the value "". A case
with several tags is shared equally among them. Where a kind has very many values the smallest are
put together, under the value None.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from evalsite.regressions.frame import Frame
from evalsite.regressions.metrics import HEADLINE, SCORE
from evalsite.regressions.moved import Moved
from evalsite.regressions.slices import KINDS
from evalsite.regressions.standouts import standouts
from evalsite.stats.intervals import NOISE

if TYPE_CHECKING:
    from evalsite.regressions.cards import Floats

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

    profile, n = frame.profile[moved.pairs], frame.slices.n_profiles
    cases = np.bincount(profile, minlength=n)
    sums = [np.bincount(profile, weights=column, minlength=n) for _, column in moved]
    for kind in KINDS:
        members = frame.slices.members(kind)
        counts = members.total(cases, shared=False)
        totals = np.array([members.total(column) for column in sums])
        there = np.flatnonzero(counts)
        # Of parts that changed alike, those with more cases come first.
        order = there[np.lexsort((-counts[there], -np.abs(totals.sum(axis=0)[there])))]
        shown, rest = order[:MOST_PARTS], order[MOST_PARTS:]
        named = [int(at) for at in shown if at < len(members.parts)]
        names = dict(zip(named, frame.slices.names(members.parts[named].tolist()), strict=True))
        for at in shown.tolist():
            _, value = names.get(at, (kind, ""))
            yield _part((kind, value), totals[:, at], n=int(counts[at]), moved=moved)
        if len(rest):
            n_rest, total = int(counts[rest].sum()), totals[:, rest].sum(axis=1)
            yield _part((kind, None), total, n=n_rest, moved=moved)


def _part(part: tuple[str, str | None], total: Floats, *, n: int, moved: Moved) -> dict[str, Any]:
    by_stage = zip(moved.stages, (total / moved.n).tolist(), strict=True)
    return {
        "kind": part[0],
        "value": part[1],
        "n": n,
        "contribution": float(total.sum() / moved.n),
        "stages": {stage: share for stage, share in by_stage if stage or abs(share) > NOISE},
    }
