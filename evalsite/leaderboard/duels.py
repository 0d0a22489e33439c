"""Every system against every other on the cases that both have a score in: who was shown better?

The tests are those of `stats.paired`. One system meets all that follow it at once, so that
hundreds of systems take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb, sqrt
from typing import TYPE_CHECKING, NamedTuple

from evalsite.leaderboard.field import Field
from evalsite.stats.corrections import holm
from evalsite.stats.estimates import MeanEstimate, shortage
from evalsite.stats.intervals import NOISE
from evalsite.stats.paired import FLIPPED
from evalsite.stats.paired_rates import MANY_CHANGED, mcnemar, mcnemar_mid_p
from evalsite.stats.paired_tests import sign_flip

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from evalsite.leaderboard.field import Clusters, Scores

    Signs = npt.NDArray[np.int8]
    Counts = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

ALPHA = 0.05
# 9,999 flips cannot give a p below 1 in 10,000. With more pairs than this Holm's correction would
# let none of those through: graded scores are then tested by t, however few the cases.
FEW_PAIRS = 100


class Duel(NamedTuple):
    """Two systems by their rows: the mean of second - first over their common cases, and its p."""

    first: int
    second: int
    effect: float
    p_value: float


def duels(field: Field) -> Iterator[Duel]:
    """Yield each pair with enough cases (15) and clusters (5) in common for a test."""
    import numpy as np

    graded = ~(np.isnan(field.scores) | np.isin(field.scores, (0, 1)))
    if field.clusters is None and not graded.any():
        return _of_passes(field.scores)
    return _of_scores(field, graded=graded)


def _of_passes(scores: Scores) -> Iterator[Duel]:
    """Pass or fail: how all pairs fell are two products of matrices."""
    import numpy as np

    passed, failed = ((scores == verdict).astype(np.float64) for verdict in (1, 0))
    lost, judged = (passed @ failed.T).astype(int), passed + failed
    common = (judged @ judged.T).astype(int).tolist()
    known: dict[tuple[int, int], float] = {}
    for first, second in combinations(range(len(scores)), 2):
        n, fell = common[first][second], (int(lost[first, second]), int(lost[second, first]))
        if not shortage(n):
            known[fell] = known[fell] if fell in known else _mcnemar(*fell)
            yield Duel(first, second, (fell[1] - fell[0]) / n, known[fell])


def _of_scores(field: Field, *, graded: Mask) -> Iterator[Duel]:
    flips = comb(len(field.scores), 2) <= FEW_PAIRS
    for first in range(len(field.scores) - 1):
        met = _meet(field, first, graded=graded)
        for place in range(len(met.n)):
            p = met.p_value(place, flips=flips)
            if p is not None:
                yield Duel(first, first + 1 + place, float(met.effect[place]), p)


def shown_better(field: Field, *, alpha: float = ALPHA) -> Signs:
    """Answer a matrix: 1 where the row's system was shown better than the column's, -1 worse.

    Holm's correction is over all pairs that were tested, so that in at most alpha of all boards
    anything is shown that is not so.
    """
    import numpy as np

    found = list(duels(field))
    signs = np.zeros((len(field.scores), len(field.scores)), dtype=np.int8)
    for duel, p in zip(found, holm([duel.p_value for duel in found]), strict=True):
        if p < alpha:
            sign = 1 if duel.effect > 0 else -1
            signs[duel.second, duel.first], signs[duel.first, duel.second] = sign, -sign
    return signs


@dataclass(frozen=True, slots=True)
class _Met:
    """One system against each of several: a row or a figure for each of these.

    `groups` counts the clusters among the common cases (without clusters: the cases); `squares`
    and `cubes` are those of what each of them leaves over beyond the mean.
    """

    differences: Scores
    clusters: Clusters | None
    n: Counts
    groups: Counts
    rates: Mask
    effect: Scores
    spread: Scores
    squares: Scores
    cubes: Scores
    residues: Counts

    def p_value(self, place: int, *, flips: bool) -> float | None:
        """Answer the two-sided p as `compare_scores` finds it; None for too few cases."""
        n, units = int(self.n[place]), int(self.groups[place])
        clustered = units < n
        if shortage(n, clusters=units if clustered else None):
            return None
        if self.rates[place] and not clustered:
            return self._of_rates(place)
        if self.spread[place] <= NOISE:
            return 2 * 0.5**units if abs(self.effect[place]) > NOISE else 1.0
        if flips and units <= FLIPPED:
            return self._by_flips(place, clustered=clustered)
        return self._by_t(place, units=units)

    def _of_rates(self, place: int) -> float:
        row = self.differences[place]
        return _mcnemar(int((row == -1).sum()), int((row == 1).sum()))

    def _by_flips(self, place: int, *, clustered: bool) -> float:
        import numpy as np

        row = self.differences[place]
        common = ~np.isnan(row)
        named = self.clusters if clustered else None
        return sign_flip(
            row[common].tolist(), clusters=None if named is None else named[common].tolist()
        )

    def _by_t(self, place: int, *, units: int) -> float:
        squares, g = float(self.squares[place]), int(self.residues[place])
        se = sqrt(squares * g / (g - 1)) / int(self.n[place])
        skew = sqrt(g) * float(self.cubes[place]) / squares**1.5
        found = MeanEstimate(float(self.effect[place]), se, units, skew=skew)
        return min(1.0, 2 * min(found.p_above(0), found.p_below(0)))


def _mcnemar(worse: int, better: int) -> float:
    test = mcnemar if worse + better < MANY_CHANGED else mcnemar_mid_p
    return test(worse, better)


def _meet(field: Field, first: int, *, graded: Mask) -> _Met:
    """One system meets all that follow it."""
    import numpy as np

    differences, clusters = field.scores[first + 1 :] - field.scores[first], field.clusters
    common = ~np.isnan(differences)
    n = common.sum(axis=1)
    effect = np.where(common, differences, 0).sum(axis=1) / np.maximum(n, 1)
    left = np.where(common, differences - effect[:, None], 0)
    grades = common & (graded[first + 1 :] | graded[first])
    highest = np.where(common, differences, -np.inf).max(axis=1, initial=-np.inf)
    lowest = np.where(common, differences, np.inf).min(axis=1, initial=np.inf)
    groups, residues = n, n
    if clusters is not None:
        groups, residues, left = _by_cluster(left, common, clusters=clusters)
    return _Met(
        differences,
        clusters,
        n,
        groups,
        np.logical_not(grades.any(axis=1)),
        effect,
        highest - lowest,
        np.einsum("ij,ij->i", left, left),
        np.einsum("ij,ij,ij->i", left, left, left),
        residues,
    )


def _by_cluster(left: Scores, common: Mask, *, clusters: Clusters) -> tuple[Counts, Counts, Scores]:
    """Sum what is left over inside each cluster; where all of it cancels, cases stand alone."""
    import numpy as np

    starts = np.flatnonzero(np.diff(clusters, prepend=-1))
    groups = np.logical_or.reduceat(common, starts, axis=1).sum(axis=1)
    sums = np.zeros_like(left)
    sums[:, : len(starts)] = np.add.reduceat(left, starts, axis=1)
    cancels = np.abs(sums).max(axis=1) <= NOISE
    residues = np.where(cancels, common.sum(axis=1), groups)
    return groups, residues, np.where(cancels[:, None], left, sums)
