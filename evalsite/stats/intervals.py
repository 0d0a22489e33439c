"""Intervals of a proportion and of a mean, each naming its source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

# A spread below this is floating point's, not the values'.
ROUNDING = 1e-6
# So is a single difference below this, of scores as of seconds or money.
NOISE = 1e-12


class Interval(NamedTuple):
    """Both ends of a confidence interval."""

    low: float
    high: float


def wilson(successes: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Answer the score interval of a proportion (Wilson 1927); 0 to 1 where nothing was tried.

    Unlike the normal interval it stays inside 0..1 and is honest for few cases and rates near
    the ends (Newcombe 1998, Statistics in Medicine 17:857, method 3).
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = successes / n
    centre = p + z * z / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the formula gives 0 and 1 exactly; floating point gives it but for 1e-17.
    low = 0.0 if successes == 0 else max(0.0, (centre - reach) / scale)
    high = 1.0 if successes == n else min(1.0, (centre + reach) / scale)
    return Interval(low, high)


def clopper_pearson(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Answer the exact interval of a proportion (Clopper & Pearson 1934); 0 to 1 where n is 0.

    It holds the true rate at least as often as it says, never less, and is the widest for that.
    """
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = float(betaincinv(successes, n - successes + 1, tail)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, 1 - tail)) if successes < n else 1.0
    return Interval(low, high)


def mean_t(values: Sequence[float], *, confidence: float = 0.95) -> Interval | None:
    """Answer the t interval of a mean (Student 1908); None for fewer than two values."""
    if len(values) < 2:
        return None
    return mean_t_of(fmean(values), sd=stdev(values), n=len(values), confidence=confidence)


def mean_t_of(mean: float, *, sd: float, n: int, confidence: float = 0.95) -> Interval:
    """Answer the t interval from a mean, a standard deviation (n - 1) and n of at least two."""
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * sd / math.sqrt(n)
    return Interval(mean - reach, mean + reach)


def effective_wilson(share: float, *, se: float, n: int, confidence: float = 0.95) -> Interval:
    """Answer the interval of a mean of values in 0..1, estimated from `n` units with error `se`.

    Wilson's score interval for the number of coin tosses that would have the same standard error
    (Korn & Graubard 1998, Survey Methodology 24:193, who take Clopper-Pearson's), made less by the
    degrees of freedom of Student's t, n - 1. Where no spread was seen the number is n: agreement
    in ten of ten units is no proof of agreement in all. `n` is at least two.
    """
    from scipy.special import stdtrit

    coin = share * (1 - share)
    tosses = coin / se**2 if se > ROUNDING and coin > ROUNDING else float(n)
    # n = 2 gives t(1), 12.7: the interval then says nearly nothing, as it should.
    part = float(stdtrit(n - 1, (1 + confidence) / 2)) ** 2 / tosses
    centre = (share + part / 2) / (1 + part)
    reach = math.sqrt(part * coin + part**2 / 4) / (1 + part)
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def bounded_mean(mean: float, *, sd: float | None, n: int, confidence: float = 0.95) -> Interval:
    """Answer the interval of a mean of values that lie in 0..1: `effective_wilson`'s.

    Student's t is too narrow where the mean is near an end. Where no spread was seen (one value,
    or all alike) any of them would claim certainty. A value in 0..1 varies at most as a coin of
    the same mean does, so there the Wilson interval is the safe one.
    """
    if n < 2 or sd is None or sd < ROUNDING:
        return wilson(mean * n, n, confidence=confidence)
    return effective_wilson(mean, se=sd / math.sqrt(n), n=n, confidence=confidence)
