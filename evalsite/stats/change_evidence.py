"""Whether a growing series has shifted: looked at after every version.

What `change_points.find_change` says holds for one look. This holds for all looks together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalsite.stats.change_points import checked_series

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

# The shifts bet on, in standard deviations, up as well as down.
SHIFTS = (0.5, 1.0, 1.5, 2.0, 3.0)


def change_evidence(values: Sequence[float], *, seed: int = 0) -> list[float]:
    """Answer after each value how strongly the series speaks for a shift by then.

    May be looked at after every value. While a series is quiet the evidence after n values is n on
    average. So with an alarm at c or more it alarms on average not before c values, and within the
    first n in at most n / c of all cases. Of many series, each watched for at most n values,
    evidence / n are e-values: Benjamini-Hochberg over min(1, n / evidence) keeps the share of false
    alarms, however the series hang together (Wang & Ramdas 2022, JRSS B 84:822). After an alarm
    start anew, with the values after the shift.

    A Shiryaev-Roberts e-detector (Shin, Ramdas & Rinaldo 2024, New England Journal of Statistics
    in Data Science 2:229) on the rank of each value among those up to it. In a quiet series,
    whatever its distribution, these ranks are independent (Vovk 2021, Statistical Science 36:595);
    equal values are ranked by lot. It bets on each of `SHIFTS` up and down. What was judged stays
    so: a longer series begins with the same evidence. Raises ValueError for a value that is no
    finite number.
    """
    import numpy as np

    x, _ = checked_series(values, None)
    growth = _growth(_ranks_so_far(x, seed=seed))
    evidence, now = [], np.zeros(growth.shape[1])
    for row in growth:
        now = (1 + now) * row
        evidence.append(float(now.mean()))
    return evidence


def _ranks_so_far(x: NDArray[float64], *, seed: int) -> NDArray[float64]:
    """Answer the rank, 1 to i, of each i-th value among the first i."""
    import numpy as np

    lots = np.random.default_rng(seed).random(len(x))
    earlier = np.tri(len(x), k=-1, dtype=bool)
    below = (earlier & (x[None, :] < x[:, None])).sum(axis=1)
    equal = 1 + (earlier & (x[None, :] == x[:, None])).sum(axis=1)
    ranks: NDArray[float64] = below + np.floor(lots * equal) + 1.0
    return ranks


def _growth(ranks: NDArray[float64]) -> NDArray[float64]:
    """Answer by what each rank multiplies the stake on each shift: 1 on average of all ranks.

    A normal score z speaks for a shift by s with exp(s z - s^2 / 2); here the mean of this over
    the scores that have the rank.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri

    n = np.arange(1, len(ranks) + 1)[:, None]
    shifts = np.array([sign * shift for shift in SHIFTS for sign in (1, -1)])
    upper, lower = (ndtri((ranks[:, None] - less) / n) for less in (0, 1))
    growth: NDArray[float64] = n * (ndtr(upper - shifts) - ndtr(lower - shifts))
    return growth
