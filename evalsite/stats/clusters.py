"""Cases that share a source share its luck: ten cases of one document are not ten votes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from statistics import fmean, variance

from evalsite.stats.intervals import Interval, mean_t_of


def totals(values: Sequence[float], clusters: Sequence[Hashable]) -> tuple[list[float], list[int]]:
    """Answer each cluster's sum and size, sorted, so that the order of the cases is forgotten.

    Raises ValueError unless each value has its cluster.
    """
    members: dict[Hashable, list[float]] = defaultdict(list)
    for value, cluster in zip(values, clusters, strict=True):
        members[cluster].append(value)
    # fsum rounds once, at the end: a sum of the same values is the same in every order.
    found = sorted((math.fsum(group), len(group)) for group in members.values())
    return [total for total, _ in found], [size for _, size in found]


def leftovers(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """Answer what each cluster's sum leaves over beyond the overall mean times its size."""
    sums, sizes = totals(values, clusters)
    mean = math.fsum(sums) / max(1, sum(sizes))
    return [total - size * mean for total, size in zip(sums, sizes, strict=True)]


def clustered_se(
    values: Sequence[float], clusters: Sequence[Hashable], *, corrected: bool = True
) -> float | None:
    """Answer the standard error of a mean whose cases come in clusters; None for fewer than two.

    Liang & Zeger 1986; for evals Miller 2024, "Adding Error Bars to Evals", section 2.2. What
    is left over is summed inside each cluster before it is squared. Corrected: times
    sqrt(g / (g - 1)) for g clusters (Cameron, Gelbach & Miller 2008), as it is else too small.
    """
    left = leftovers(values, clusters)
    g = len(left)
    if g < 2:
        return None
    squares = math.fsum(u * u for u in left)
    return math.sqrt(squares * (g / (g - 1) if corrected else 1)) / len(values)


def clustered_t(
    values: Sequence[float], clusters: Sequence[Hashable], *, confidence: float = 0.95
) -> Interval | None:
    """Answer the t interval of a clustered mean with g - 1 degrees of freedom for g clusters.

    Cameron & Miller 2015, section VI. None for fewer than two clusters.
    """
    se, g = clustered_se(values, clusters), len(set(clusters))
    if se is None:
        return None
    return mean_t_of(fmean(values), sd=se * math.sqrt(g), n=g, confidence=confidence)


def design_effect(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """Answer by how much clusters multiply the variance of the mean (Kish 1965).

    A design effect of 3 says that 300 cases are worth 100 independent ones. None for fewer than
    two clusters, or where all values are alike.
    """
    se = clustered_se(values, clusters)
    plain = variance(values) / len(values) if len(values) > 1 else 0.0
    return se * se / plain if se is not None and plain else None
