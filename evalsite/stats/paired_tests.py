"""Tests of paired differences: is their mean, or their middle, away from 0?

Each takes the differences after - before of the same cases and answers a two-sided p. Each is
1 where nothing differs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsite.stats.clusters import totals
from evalsite.stats.intervals import NOISE
from evalsite.stats.values import as_array

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    from evalsite.stats.values import Clusters, Values

FLIPS = 9_999
# Sums this near, as a share of the largest one, are ties that rounding parted.
_TIE = 1e-9
# Up to this many units all their flips are counted instead of drawn.
_COUNTED = 13
_ROOM = 2**20


def sign_flip(
    differences: Values,
    *,
    clusters: Clusters | None = None,
    seed: int = 0,
    flips: int = FLIPS,
) -> float:
    """Answer how often flipping signs at random gives a mean at least as far from 0 as the seen.

    Fisher 1935, section 21: if the two systems are alike, each case's difference could as well
    have had the other sign. Of clusters each flips as a whole (Cameron, Gelbach & Miller 2008:
    their wild bootstrap with the null imposed). All flips are counted for few units; else
    `flips` are drawn, and p = (hits + 1) / (flips + 1) (Phipson & Smyth 2010). With u units that
    differ p is at least 2 / 2**u: five clusters cannot reach 0.05.
    """
    import numpy as np

    sums = as_array(differences) if clusters is None else totals(differences, clusters)[0]
    # Sorted: the draw must not depend on the cases' order, nor on which system came first.
    sizes = np.sort(np.abs(sums))
    sizes = sizes[sizes > NOISE]
    seen = abs(math.fsum(sums)) - _TIE * float(sizes.sum())
    if not len(sizes) or seen <= 0:
        return 1.0
    if len(sizes) <= _COUNTED:
        every = np.arange(2 ** len(sizes))[:, None] >> np.arange(len(sizes)) & 1
        return float(np.mean(np.abs((2 * every - 1) @ sizes) >= seen))
    return (_hits(sizes, seen=seen, seed=seed, flips=flips) + 1) / (flips + 1)


def _hits(sizes: NDArray[float64], *, seen: float, seed: int, flips: int) -> int:
    """Draw flips, a row each and so many rows at once as have room, and count the extreme ones."""
    import numpy as np

    random, rows = np.random.default_rng(seed), max(1, _ROOM // len(sizes))
    hits = 0
    for start in range(0, flips, rows):
        shape = min(rows, flips - start), len(sizes)
        drawn = np.frombuffer(random.bytes(-(-math.prod(shape) // 8)), dtype=np.uint8)
        kept = np.unpackbits(drawn, count=math.prod(shape)).reshape(shape).astype(float)
        hits += int(np.count_nonzero(np.abs(2 * (kept @ sizes) - sizes.sum()) >= seen))
    return hits


def wilcoxon(differences: Values) -> float:
    """Answer the p of the signed-rank test, by its normal approximation (Wilcoxon 1945).

    Differences of 0 are dropped, ties share their ranks and lessen the spread (Hollander & Wolfe
    1999, section 3.1). It asks about ranks, not about the mean: for ratings without a scale.
    """
    import numpy as np
    from scipy.special import ndtr

    apart = as_array(differences)
    apart = apart[apart != 0]
    n = len(apart)
    if not n:
        return 1.0
    _, place, ties = np.unique(np.abs(apart), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[place]
    spread = n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48
    z = (float(ranks[apart > 0].sum()) - n * (n + 1) / 4) / math.sqrt(spread)
    return min(1.0, 2 * float(ndtr(-abs(z))))
