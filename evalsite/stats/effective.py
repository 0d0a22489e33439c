"""The interval of a share whose spread is not a coin's."""

from __future__ import annotations

import math
from statistics import NormalDist

from evalsite.stats.intervals import ROUNDING, Interval


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
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    # n = 2 gives t(1), 12.7: the interval then says nearly nothing, as it should.
    part = z**2 / (tosses * (z / float(stdtrit(n - 1, (1 + confidence) / 2))) ** 2)
    centre = (share + part / 2) / (1 + part)
    reach = math.sqrt(part * coin + part**2 / 4) / (1 + part)
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))
