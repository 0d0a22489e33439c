"""Intervals by drawing again from what was seen; the same seed gives the same interval."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from evalsite.stats.clusters import totals
from evalsite.stats.intervals import NOISE, Interval

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RESAMPLES = 9_999
# Draws this near, as a share of the widest apart, are ties that rounding parted.
_TIE = 1e-9
# How many draws are held in memory at once.
_ROOM = 2**20


def bca(
    values: Sequence[float],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> Interval | None:
    """Answer the BCa bootstrap interval of a mean; None for fewer than two values.

    Efron 1987, JASA 82:171: bias-corrected and accelerated, so that a skewed spread moves the
    ends. Where all values are alike both ends are that value. Takes resamples x n draws.
    """
    if len(values) < 2:
        return None
    reach = NormalDist().inv_cdf((1 + confidence) / 2)
    return _bca(sorted(values), [1] * len(values), seed=seed, n=resamples, reach=reach)


def cluster_bca(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> Interval | None:
    """Answer the BCa interval of a mean whose cases come in clusters; None for fewer than two.

    Whole clusters are drawn (Davison & Hinkley 1997, section 3.8; Cameron, Gelbach & Miller
    2008): cases of one source are no independent evidence. The tails are cut as t with
    clusters - 1 degrees of freedom would have them (Hesterberg 2015, The American Statistician
    69:371, "expanded percentile"), for a bootstrap of few clusters is too narrow. It needs some
    thirty clusters.
    """
    from scipy.special import stdtrit

    sums, sizes = totals(values, clusters)
    g = len(sums)
    if g < 2:
        return None
    reach = math.sqrt(g / (g - 1)) * float(stdtrit(g - 1, (1 + confidence) / 2))
    return _bca(sums, sizes, seed=seed, n=resamples, reach=reach)


def _bca(
    sums: Sequence[float], sizes: Sequence[int], *, seed: int, n: int, reach: float
) -> Interval:
    """Draw units, each a sum over its size, and read the mean's interval off the draws.

    `reach` is how far the interval reaches to both sides, in standard errors.
    The units come sorted: what was drawn must not depend on the order of the cases.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    tops, bases = np.asarray(sums, dtype=float), np.asarray(sizes, dtype=float)
    mean = math.fsum(sums) / math.fsum(sizes)
    drawn = _draw(tops, bases, seed=seed, n=n)
    if np.ptp(drawn) < NOISE * max(1.0, abs(mean)):
        return Interval(mean, mean)
    # A draw that ties with what was seen, but for rounding, counts half.
    tie = _TIE * np.ptp(drawn)
    below = (np.mean(drawn < mean - tie) + np.mean(drawn <= mean + tie)) / 2
    # None at all would be infinitely far out.
    shift = ndtri(np.clip(below, 0.5 / n, 1 - 0.5 / n))
    tails = shift + np.array([-reach, reach])
    without = (tops.sum() - tops) / (bases.sum() - bases)
    ends = ndtr(shift + tails / (1 - _acceleration(without) * tails))
    low, high = np.quantile(drawn, ends)
    return Interval(float(low), float(high))


def _draw(
    tops: npt.NDArray[np.float64],
    bases: npt.NDArray[np.float64],
    *,
    seed: int,
    n: int,
) -> npt.NDArray[np.float64]:
    import numpy as np

    random = np.random.default_rng(seed)
    rows = max(1, _ROOM // len(tops))
    drawn = np.empty(n)
    for start in range(0, n, rows):
        picked = random.integers(len(tops), size=(min(rows, n - start), len(tops)))
        drawn[start : start + rows] = tops[picked].sum(axis=1) / bases[picked].sum(axis=1)
    return drawn


def _acceleration(without: npt.NDArray[np.float64]) -> float:
    """Say how fast the spread grows with the mean, from the means without each unit in turn."""
    apart = without.mean() - without
    scale = float((apart**2).sum()) ** 1.5
    return float((apart**3).sum()) / (6 * scale) if scale else 0.0
