"""The difference of two means whose values belong to no pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, variance

from evalsite.stats.intervals import Interval


def mean_difference(
    before: Sequence[float], after: Sequence[float], *, confidence: float = 0.95
) -> Interval | None:
    """Answer the interval of mean(after) - mean(before); None where a side has under two values.

    Welch 1947 (Biometrika 34:28): both sides may spread differently. Where neither spreads both
    ends are the difference. Not for pairs: those are compared case by case, in `stats.paired`.
    """
    from scipy.special import stdtrit

    if min(len(before), len(after)) < 2:
        return None
    effect = fmean(after) - fmean(before)
    shares = [variance(side) / len(side) for side in (before, after)]
    total = math.fsum(shares)
    if total == 0:
        return Interval(effect, effect)
    sides = zip(shares, (before, after), strict=True)
    # Shares of the whole: their squares do not vanish where the variances themselves nearly do.
    df = 1 / math.fsum((share / total) ** 2 / (len(side) - 1) for share, side in sides)
    reach = float(stdtrit(df, (1 + confidence) / 2)) * math.sqrt(total)
    return Interval(effect - reach, effect + reach)
