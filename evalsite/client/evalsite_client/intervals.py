"""How far a share that was seen may be from the true one."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final, NamedTuple

_MOST: Final = 1_000_000


class Interval(NamedTuple):
    """Both ends of a confidence interval."""

    low: float
    high: float


def wilson(rate: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Answer the score interval of a share seen in `n` units (Wilson 1927); 0 to 1 where n is 0.

    Also for the mean of values in 0..1: these vary at most as coins with the same mean do, so the
    interval is never too narrow.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = rate + z * z / (2 * n)
    reach = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (centre - reach) / scale, (centre + reach) / scale
    # At the ends the formula gives 0 and 1 exactly; floating point gives it but for 1e-17.
    return Interval(low if rate > 0 else 0.0, high if rate < 1 else 1.0)


def units_wanted(rate: float, *, threshold: float, confidence: float = 0.95) -> int | None:
    """Answer how many units lift the lower end to the threshold at this rate; None: none do."""
    if rate <= threshold:
        return None
    least, most = 1, _MOST
    while least < most:
        middle = (least + most) // 2
        if wilson(rate, middle, confidence=confidence).low >= threshold:
            most = middle
        else:
            least = middle + 1
    return least if least < _MOST else None
