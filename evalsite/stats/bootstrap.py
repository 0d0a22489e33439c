"""Intervals by drawing again from what was seen; the same seed gives the same interval."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsite.stats.clusters import totals
from evalsite.stats.intervals import NOISE, Interval
from evalsite.stats.values import as_array

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    from evalsite.stats.values import Clusters, Values

    Floats = NDArray[float64]

RESAMPLES = 9_999
# Draws this near, as a share of the widest apart, are ties that rounding parted.
_TIE = 1e-9
# How many draws are held in memory at once.
_ROOM = 2**20


def bca(
    values: Values,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> Interval | None:
    """Answer the BCa bootstrap interval of a mean; None for fewer than two values.

    Efron 1987, JASA 82:171: bias-corrected and accelerated, so that a skewed spread moves the
    ends. The tails are cut as t with n - 1 degrees of freedom would have them (Hesterberg 2015,
    The American Statistician 69:371, "expanded percentile"), for a bootstrap of few values is too
    narrow. Where all values are alike both ends are that value. Takes resamples x n draws.
    """
    import numpy as np

    units = np.sort(as_array(values))
    return _bca(units, np.ones(len(units)), seed=seed, n=resamples, confidence=confidence)


def cluster_bca(
    values: Values,
    clusters: Clusters,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> Interval | None:
    """Answer the BCa interval of a mean whose cases come in clusters; None for fewer than two.

    Whole clusters are drawn (Davison & Hinkley 1997, section 3.8; Cameron, Gelbach & Miller
    2008): cases of one source are no independent evidence. It needs some thirty clusters.
    """
    sums, sizes = totals(values, clusters)
    return _bca(sums, sizes.astype(float), seed=seed, n=resamples, confidence=confidence)


def _bca(tops: Floats, bases: Floats, *, seed: int, n: int, confidence: float) -> Interval | None:
    """Draw units, each a sum over its size, and read the mean's interval off the draws.

    The units come sorted: what was drawn must not depend on the order of the cases.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri, stdtrit

    units = len(tops)
    if units < 2:
        return None
    reach = math.sqrt(units / (units - 1)) * stdtrit(units - 1, (1 + confidence) / 2)
    mean = math.fsum(tops) / math.fsum(bases)
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


def _draw(tops: Floats, bases: Floats, *, seed: int, n: int) -> Floats:
    """Draw as many units as there are, n times, and answer the mean of each draw."""
    import numpy as np

    random, units = np.random.default_rng(seed), len(tops)
    rows, even = max(1, _ROOM // units), bool((bases == bases[0]).all())
    # The smallest numbers that hold the places: most of the time goes into drawing them.
    kind, drawn = np.min_scalar_type(units - 1), np.empty(n)
    for start in range(0, n, rows):
        picked = random.integers(units, size=(min(rows, n - start), units), dtype=kind)
        over = units * bases[0] if even else bases[picked].sum(axis=1)
        drawn[start : start + rows] = tops[picked].sum(axis=1) / over
    return drawn


def _acceleration(without: Floats) -> float:
    """Say how fast the spread grows with the mean, from the means without each unit in turn."""
    apart = without.mean() - without
    scale = float((apart**2).sum()) ** 1.5
    return float((apart**3).sum()) / (6 * scale) if scale else 0.0
