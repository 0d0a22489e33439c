"""An interval that may be looked at after every case: for stopping a comparison early.

An ordinary 95 % interval is right once, at an n fixed before. Looked at after each case until it
shuts out zero it errs far more often. A confidence sequence holds the true mean at all looks
together, so one may stop at any of them, for any reason.

The method bets. A gambler who thinks the true mean is above m stakes a share c of what he has on
each case: his capital is the product of 1 - c + c * y / mu, with y and mu the difference and m
moved from -1..1 to 0..1. If the mean is m, no such capital is expected to grow, and the chance that
it ever reaches 2 / alpha is at most alpha / 2 (Ville 1939): every m at which it does is shut out.
The upper bound is the lower one of the mirror image. The capital is spread over many shares before
the start, so none needs to be right. It depends on how often each value came and not on the order:
counts are enough.

Sources: Waudby-Smith & Ramdas 2024 (Journal of the Royal Statistical Society B 86:1, betting);
Cover 1991 and Orabona & Jun 2024 (IEEE Transactions on Information Theory 70:436, the mixture).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from evalsite.stats.intervals import Interval

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

Side = Literal["above", "below"]

# The shares staked, equally spaced on a log scale: small ones find small differences in many cases,
# large ones large differences in few.
SHARES, SMALLEST, LARGEST = 20, 0.01, 0.96
# Halvings of 0..1 in the search for a bound, which is then rounded outward: by 2 / 2**26 at most.
HALVINGS = 26


class Look(NamedTuple):
    """What is known after `n` cases.

    `interval` is of the mean difference. `settled` says on which side of the threshold the mean
    lies, None while both are possible. `saved` is how many of the planned cases need not be run:
    none unless settled.
    """

    n: int
    mean: float | None
    interval: Interval
    settled: Side | None
    saved: int


def tally(differences: Iterable[float]) -> Counter[float]:
    """Count the differences by value: what `look` needs; tallies of chunks can be added up."""
    return Counter(differences)


def look(
    counts: Mapping[float, int],
    *,
    planned: int,
    threshold: float = 0.0,
    confidence: float = 0.95,
) -> Look:
    """Look at the paired differences so far, given as value (-1 to 1) to how often it came.

    The cases must come in an order drawn before the run, and be independent: of a conversation or
    document with several cases give the mean difference as one. `threshold` is 0 to ask for better
    or worse and -margin to ask for not worse by the margin; it is declared before the first look.
    Raises ValueError for a difference beyond -1..1 and a threshold that is not between them.
    """
    n = sum(counts.values())
    interval = confidence_sequence(counts, confidence=confidence)
    settled = _side(interval, threshold=_inside(threshold))
    return Look(
        n=n,
        mean=math.fsum(value * times for value, times in counts.items()) / n if n else None,
        interval=interval,
        settled=settled,
        saved=max(0, planned - n) if settled else 0,
    )


def confidence_sequence(counts: Mapping[float, int], *, confidence: float = 0.95) -> Interval:
    """Answer the interval of the mean that holds at all looks together with this confidence.

    `counts` as for `look`; -1 to 1 where there are none. Raises ValueError as `look` does.
    """
    import numpy as np

    values = _moved(list(counts))
    times = np.array(list(counts.values()), dtype=float)
    limit = math.log(2 / (1 - confidence))
    low = _lower(values, times=times, limit=limit)
    high = 1 - _lower(1 - values, times=times, limit=limit)
    return Interval(2 * low - 1, 2 * high - 1)


def first_settled(
    differences: Sequence[float], *, threshold: float = 0.0, confidence: float = 0.95
) -> tuple[int, Side] | None:
    """Answer after how many cases, in this order, a look would have settled, and on which side.

    None where none would. For replaying a finished batch: what would stopping have saved? Raises
    ValueError as `look` does.
    """
    import numpy as np

    values, mean = _moved(differences), (_inside(threshold) + 1) / 2
    limit = math.log(2 / (1 - confidence))
    found: list[tuple[int, Side]] = []
    sides: tuple[tuple[Side, NDArray[float64], float], ...] = (
        ("above", values, mean),
        ("below", 1 - values, 1 - mean),
    )
    for side, seen, at in sides:
        reached = _capital(_growth(seen, at).cumsum(axis=0)) >= limit
        if reached.any():
            found.append((int(np.argmax(reached)) + 1, side))
    return min(found, default=None)


def _lower(values: NDArray[float64], *, times: NDArray[float64], limit: float) -> float:
    """Answer the lower bound of the mean of values in 0..1: capital falls as the mean rises."""
    shut_out, possible = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (shut_out + possible) / 2
        if _capital(times @ _growth(values, middle)) >= limit:
            shut_out = middle
        else:
            possible = middle
    return shut_out


def _growth(values: NDArray[float64], mean: float) -> NDArray[float64]:
    """Answer the log growth of capital by each value (rows) for each share staked (columns)."""
    import numpy as np

    shares = np.geomspace(SMALLEST, LARGEST, SHARES)
    growth: NDArray[float64] = np.log1p(np.multiply.outer(values / mean - 1, shares))
    return growth


def _capital(logs: NDArray[float64]) -> NDArray[float64]:
    """Answer the log of the mean capital over the shares (last axis)."""
    import numpy as np

    most = logs.max(axis=-1, keepdims=True)
    mean: NDArray[float64] = np.log(np.exp(logs - most).mean(axis=-1)) + most[..., 0]
    return mean


def _moved(differences: Sequence[float]) -> NDArray[float64]:
    import numpy as np

    values = np.array(differences, dtype=float)
    if not (np.abs(values) <= 1).all():
        raise ValueError("a paired difference lies from -1 to 1")
    moved: NDArray[float64] = (values + 1) / 2
    return moved


def _inside(threshold: float) -> float:
    if not -1 < threshold < 1:
        raise ValueError(f"the threshold {threshold} is not between -1 and 1")
    return threshold


def _side(interval: Interval, *, threshold: float) -> Side | None:
    if interval.low >= threshold:
        return "above"
    return "below" if interval.high <= threshold else None
