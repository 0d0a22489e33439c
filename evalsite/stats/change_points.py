"""Where a finished series of means, one per version, shifts.

It sees ranks turned into normal scores (van der Waerden 1952), not the values: a single wild
version weighs hardly more than the next best, and no spread needs to be known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

# Fewer values than this cannot show a shift; and it leaves so many on both sides: one is none.
ENOUGH_VALUES, LEAST = 8, 2
DRAWS = 9_999
# After so many draws as extreme as what was seen p is known well enough.
_HITS = 50
# Draws this near to what was seen are ties that rounding parted.
_TIE = 1e-9


class Change(NamedTuple):
    """The likeliest shift: `at` is the index of the first value after it.

    `before` and `after` are the (weighted) means of the values on both sides. `p_value` is how
    often a series in random order has a shift as large anywhere.
    """

    at: int
    before: float
    after: float
    p_value: float


def find_change(
    values: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Change | None:
    """Find where a finished series most likely shifts; None for fewer than 8 or all alike.

    The largest standardised difference of both sides' normal scores (max-type CUSUM, Csorgo &
    Horvath 1997, section 2.1; by ranks Pettitt 1979, Applied Statistics 28:126), against the
    same of the series in random order. Draws end early where p is large (Besag & Clifford 1991,
    Biometrika 78:301), and p is at least 1 / (draws + 1). A weight says how precise its value is,
    as the number of its cases does. It is valid once, for a series whose length was not chosen
    by looking: to look again as it grows take
    `change_evidence`. Raises ValueError for a value
    that is no finite number, or a weight that is not above 0.
    """
    import numpy as np

    x, w = checked_series(values, weights)
    if len(x) < ENOUGH_VALUES or np.ptp(x) == 0:
        return None
    scores = _scores(x if weights is None else np.sqrt(w) * (x - np.average(x, weights=w)))
    apart = _apart(scores[None, :], w)[0]
    at = int(np.argmax(apart)) + LEAST
    return Change(
        at,
        float(np.average(x[:at], weights=w[:at])),
        float(np.average(x[at:], weights=w[at:])),
        _p_value(scores, w, seen=float(apart.max()) - _TIE, seed=seed, draws=draws),
    )


def find_changes(
    values: Sequence[float],
    *,
    weights: Sequence[float] | None = None,
    seed: int = 0,
    alpha: float = 0.01,
) -> list[Change]:
    """Find every shift with p up to alpha, in order of the series.

    Binary segmentation (Vostrikova 1981): both sides of a found shift are searched again. A quiet
    series shows any shift in at most alpha of the cases. The means are those of the segments
    between neighbouring shifts, p that of the search in which each was found.
    """
    import numpy as np

    x, w = checked_series(values, weights)
    found = _segment(x, w if weights is not None else None, seed=seed, alpha=alpha)
    edges = [0, *(change.at for change in found), len(x)]
    means = [float(np.average(x[a:b], weights=w[a:b])) for a, b in pairwise(edges) if b > a]
    return [change._replace(before=means[i], after=means[i + 1]) for i, change in enumerate(found)]


def _segment(
    x: NDArray[float64], w: NDArray[float64] | None, *, seed: int, alpha: float, start: int = 0
) -> list[Change]:
    weights = None if w is None else w.tolist()
    change = find_change(x.tolist(), weights=weights, seed=seed)
    if change is None or change.p_value > alpha:
        return []
    at, left, right = change.at, None, None
    if w is not None:
        left, right = w[:at], w[at:]
    return [
        *_segment(x[:at], left, seed=seed, alpha=alpha, start=start),
        change._replace(at=start + at),
        *_segment(x[at:], right, seed=seed, alpha=alpha, start=start + at),
    ]


def _scores(x: NDArray[float64]) -> NDArray[float64]:
    """Answer the normal scores: what a normal value of the same rank would be, ties in between."""
    import numpy as np
    from scipy.special import ndtri

    _, place, ties = np.unique(x, return_inverse=True, return_counts=True)
    ranks = np.cumsum(ties) - (ties - 1) / 2
    scores: NDArray[float64] = ndtri(ranks / (len(x) + 1))[place]
    return scores


def _apart(rows: NDArray[float64], w: NDArray[float64]) -> NDArray[float64]:
    """Answer for each row how far both sides of each possible shift are apart, standardised."""
    import numpy as np

    upto = w.cumsum()
    total, upto = upto[-1], upto[LEAST - 1 : -LEAST]
    sums = (rows * np.sqrt(w)).cumsum(axis=1)
    beyond = sums[:, LEAST - 1 : -LEAST] - sums[:, -1:] * (upto / total)
    apart: NDArray[float64] = np.abs(beyond) / np.sqrt(upto * (total - upto) / total)
    return apart


def _p_value(
    scores: NDArray[float64], w: NDArray[float64], *, seen: float, seed: int, draws: int
) -> float:
    """Draw orders, ever more at once, until enough are as extreme or all are drawn."""
    import numpy as np

    # Sorted: the draw must not depend on the order that is tested.
    random, pool = np.random.default_rng(seed), np.sort(scores)
    hits, drawn, rows = 0, 0, 2 * _HITS
    while drawn < draws:
        rows = min(rows, draws - drawn)
        orders = random.permuted(np.tile(pool, (rows, 1)), axis=1)
        extreme = np.flatnonzero(_apart(orders, w).max(axis=1) >= seen)
        if hits + len(extreme) >= _HITS:
            return _HITS / (drawn + int(extreme[_HITS - hits - 1]) + 1)
        hits, drawn, rows = hits + len(extreme), drawn + rows, 4 * rows
    return (hits + 1) / (draws + 1)


def checked_series(
    values: Sequence[float], weights: Sequence[float] | None
) -> tuple[NDArray[float64], NDArray[float64]]:
    """Answer values and weights as arrays, or raise ValueError as `find_change` does."""
    import numpy as np

    x = np.array(values, dtype=float)
    w = np.ones(len(x)) if weights is None else np.array(weights, dtype=float)
    if not np.isfinite(x).all():
        raise ValueError("a value that is no finite number has no place in a series")
    if len(w) != len(x) or not ((w > 0) & (w < math.inf)).all():
        raise ValueError("each value has one weight, a number above 0")
    return x, w
