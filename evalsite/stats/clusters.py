"""Cases that share a source share its luck: ten cases of one document are not ten votes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsite.stats.intervals import Interval, mean_t_of
from evalsite.stats.values import as_array, codes, how_many

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

    from evalsite.stats.values import Clusters, Values


def totals(values: Values, clusters: Clusters) -> tuple[NDArray[float64], NDArray[int64]]:
    """Answer each cluster's sum and size, sorted, so that the order of the cases is forgotten.

    Raises ValueError unless each value has its cluster.
    """
    import numpy as np

    x, key = as_array(values), codes(clusters)
    if len(x) != len(key):
        raise ValueError(f"{len(key)} clusters for {len(x)} values")
    # Sorted inside their cluster too: rounding then is the same in every order of the cases.
    order = np.lexsort((x, key))
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    sums = np.add.reduceat(x[order], starts) if len(x) else x
    sizes = np.diff(starts, append=len(x))
    places = np.lexsort((sizes, sums))
    return sums[places], sizes[places]


def leftovers(values: Values, clusters: Clusters) -> NDArray[float64]:
    """Answer what each cluster's sum leaves over beyond the overall mean times its size."""
    sums, sizes = totals(values, clusters)
    left: NDArray[float64] = sums - sizes * (sums.sum() / max(1, sizes.sum()))
    return left


def clustered_se(values: Values, clusters: Clusters, *, corrected: bool = True) -> float | None:
    """Answer the standard error of a mean whose cases come in clusters; None for fewer than two.

    Liang & Zeger 1986; for evals Miller 2024, "Adding Error Bars to Evals", section 2.2. What
    is left over is summed inside each cluster before it is squared. Corrected: times
    sqrt(g / (g - 1)) for g clusters (Cameron, Gelbach & Miller 2008), as it is else too small.
    """
    left = leftovers(values, clusters)
    g = len(left)
    if g < 2:
        return None
    squares = float(left @ left)
    return math.sqrt(squares * (g / (g - 1) if corrected else 1)) / len(values)


def clustered_t(values: Values, clusters: Clusters, *, confidence: float = 0.95) -> Interval | None:
    """Answer the t interval of a clustered mean with g - 1 degrees of freedom for g clusters.

    Cameron & Miller 2015, section VI. None for fewer than two clusters.
    """
    se, g = clustered_se(values, clusters), how_many(codes(clusters))
    if se is None:
        return None
    mean = float(as_array(values).mean())
    return mean_t_of(mean, sd=se * math.sqrt(g), n=g, confidence=confidence)


def design_effect(values: Values, clusters: Clusters) -> float | None:
    """Answer by how much clusters multiply the variance of the mean (Kish 1965).

    A design effect of 3 says that 300 cases are worth 100 independent ones. None for fewer than
    two clusters, or where all values are alike.
    """
    se = clustered_se(values, clusters)
    if se is None or max(values) == min(values):
        return None
    return se * se * len(values) / float(as_array(values).var(ddof=1))
