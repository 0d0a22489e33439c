"""What the statistics take: plain numbers in a sequence or an array, and names of clusters."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

    Values = Sequence[float] | NDArray[float64]
    Clusters = Sequence[Hashable] | NDArray[int64]


def as_array(values: Values) -> NDArray[float64]:
    """Answer the values as an array; one that is an array already is not copied."""
    import numpy as np

    return np.asarray(values, dtype=float)


def subtract(before: Values, after: Values) -> NDArray[float64]:
    """Answer after - before, case by case; ValueError if lengths differ or one is not finite."""
    import numpy as np

    then, now = as_array(before), as_array(after)
    if len(then) != len(now):
        raise ValueError(f"{len(then)} scores before and {len(now)} after are no pairs")
    if not (np.isfinite(then).all() and np.isfinite(now).all()):
        raise ValueError("a score that is no finite number cannot be compared")
    differences: NDArray[float64] = now - then
    return differences


def is_pass_or_fail(*sides: Values) -> bool:
    """Say whether all scores are 0 or 1."""
    arrays = (as_array(side) for side in sides)
    return all(bool(((array == 0) | (array == 1)).all()) for array in arrays)


def codes(clusters: Clusters) -> NDArray[int64]:
    """Number the clusters from 0."""
    import numpy as np

    if isinstance(clusters, np.ndarray):
        return np.unique(clusters, return_inverse=True)[1]
    seen: dict[Hashable, int] = {}
    numbers = (seen.setdefault(key, len(seen)) for key in clusters)
    return np.fromiter(numbers, dtype=np.int64, count=len(clusters))


def declared(clusters: Clusters | None, *, n: int) -> NDArray[int64] | None:
    """Number the clusters of n cases; None where each case is one of its own.

    Raises ValueError unless each case has one.
    """
    if clusters is None:
        return None
    if len(clusters) != n:
        raise ValueError(f"{len(clusters)} clusters for {n} cases")
    numbers = codes(clusters)
    return numbers if how_many(numbers) < n else None


def how_many(numbers: NDArray[int64]) -> int:
    """Count the clusters that `codes` numbered."""
    return int(numbers.max(initial=-1)) + 1
