"""Many comparisons at once: p values raised so that luck among many is not taken for a finding.

Each takes the raw p values and answers the adjusted ones in the same order: compare these with
alpha. Each raises ValueError where a p is outside 0..1. A comparison without a p is left out
before: it has not been tested.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def bonferroni(p_values: Sequence[float]) -> list[float]:
    """Multiply each p by their number (Dunn 1961): at most alpha of any false finding."""
    _check(p_values)
    return [min(1.0, p * len(p_values)) for p in p_values]


def holm(p_values: Sequence[float]) -> list[float]:
    """Step down from the smallest p (Holm 1979): at most alpha of any false finding.

    For a gate: never weaker than Bonferroni, and as safe, however the comparisons hang together.
    """
    _check(p_values)
    m, order = len(p_values), _ascending(p_values)
    stepped = accumulate(((m - rank) * p_values[i] for rank, i in enumerate(order)), max)
    return _in_place(order, [min(1.0, p) for p in stepped])


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Step up from the largest p (Benjamini & Hochberg 1995): at most alpha of the findings false.

    For a dashboard: among many findings a known share may be false. Not for a gate. Holds for
    comparisons that are independent or move together.
    """
    _check(p_values)
    m, order = len(p_values), _ascending(p_values)
    down = list(enumerate(order, start=1))[::-1]
    stepped = accumulate((m / rank * p_values[i] for rank, i in down), min)
    return _in_place([i for _, i in down], [min(1.0, p) for p in stepped])


def _ascending(p_values: Sequence[float]) -> list[int]:
    return sorted(range(len(p_values)), key=p_values.__getitem__)


def _in_place(order: Sequence[int], values: Sequence[float]) -> list[float]:
    return [value for _, value in sorted(zip(order, values, strict=True))]


def _check(p_values: Sequence[float]) -> None:
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("a p value lies in 0..1")
