"""What is known of the true difference after - before: its interval, and p against any bound.

Three kinds with the same three questions. Decisions and intervals ask them, and need not know
what kind of score was compared.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

from evalsite.stats.clusters import leftovers
from evalsite.stats.intervals import NOISE, ROUNDING, Interval
from evalsite.stats.paired_rates import tango, tango_z
from evalsite.stats.values import declared, how_many, is_pass_or_fail, subtract

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

    from evalsite.stats.values import Clusters, Values

ENOUGH_PAIRS = 15
ENOUGH_CLUSTERS = 5


class Estimate(Protocol):
    """The difference seen, and how sure one may be of the true one."""

    @property
    def effect(self) -> float:
        """The mean of after - before over the cases."""

    @property
    def lacking(self) -> str:
        """Why there is too little for a verdict, or nothing."""

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """Answer where the true difference lies, two-sided."""

    def p_above(self, bound: float) -> float:
        """Answer the one-sided p against "the true difference is the bound or less"."""

    def p_below(self, bound: float) -> float:
        """Answer the one-sided p against "the true difference is the bound or more"."""


class MeanEstimate(NamedTuple):
    """A mean difference with a standard error: Student's t with units - 1 degrees of freedom.

    The units are the cases, or the clusters where there are any (Cameron & Miller 2015). Before
    t is read off, the skew of the units is taken out by Hall's cubic transformation (Hall 1992,
    JRSS B 54:221): with a long tail on one side, plain t errs too often on that side.
    """

    effect: float
    se: float
    units: int
    lacking: str = ""
    skew: float = 0.0

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """Answer the t interval, moved towards the longer tail."""
        from scipy.special import stdtrit

        reach, spread = float(stdtrit(self.units - 1, (1 + confidence) / 2)), self._spread
        low, high = (self.effect - spread * self._skewed(t) for t in (reach, -reach))
        return Interval(low, high)

    def p_above(self, bound: float) -> float:
        """Answer the chance of a t at least as high."""
        return self._tail(-self._straight(bound))

    def p_below(self, bound: float) -> float:
        """Answer the chance of a t at least as low."""
        return self._tail(self._straight(bound))

    @property
    def _spread(self) -> float:
        return self.se * math.sqrt(self.units)

    def _straight(self, bound: float) -> float:
        """Answer t for a bound, without the skew."""
        y, third = (self.effect - bound) / self._spread, self.skew / 3
        cubic = y + third * y**2 + third**2 * y**3 / 3
        return math.sqrt(self.units) * (cubic + self.skew / (6 * self.units))

    def _skewed(self, t: float) -> float:
        """Answer how many spreads away the bound lies whose t this is."""
        y = t / math.sqrt(self.units) - self.skew / (6 * self.units)
        if abs(self.skew) < ROUNDING:
            return y
        return 3 / self.skew * (math.cbrt(1 + self.skew * y) - 1)

    def _tail(self, t: float) -> float:
        from scipy.special import stdtr

        return float(stdtr(self.units - 1, t))


class RateEstimate(NamedTuple):
    """A difference of pass rates by the score statistic (Tango 1998), which needs no spread.

    `gained` failed before and pass now, `lost` the reverse; n counts all pairs, at least one.
    """

    gained: int
    lost: int
    n: int
    lacking: str = ""

    @property
    def effect(self) -> float:
        """The pass rate after less the pass rate before."""
        return (self.gained - self.lost) / self.n

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """Answer the score interval."""
        return tango(self.gained, self.lost, n=self.n, confidence=confidence)

    def p_above(self, bound: float) -> float:
        """Answer the chance of a score statistic at least as high."""
        return self._tail(-self._z(bound))

    def p_below(self, bound: float) -> float:
        """Answer the chance of a score statistic at least as low."""
        return self._tail(self._z(bound))

    def _z(self, bound: float) -> float:
        within = max(-1.0, min(1.0, bound))
        return tango_z(self.gained, self.lost, n=self.n, difference=within)

    def _tail(self, z: float) -> float:
        from scipy.special import ndtr

        return float(ndtr(z))


class AlikeEstimate(NamedTuple):
    """Every case differs by the same. No spread was seen, which is not to say that there is none.

    If a share of all cases differed otherwise, u units would all miss it with (1 - share) ** u
    (Hanley & Lippman-Hand 1983). Otherwise is, at the worst, by the whole span of the scale.
    """

    effect: float
    units: int
    span: float
    lacking: str = ""

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """Answer the means that cases not seen could still make."""
        missed = 1 - ((1 - confidence) / 2) ** (1 / self.units)
        low = self.effect - missed * (self.span + self.effect)
        return Interval(low, self.effect + missed * (self.span - self.effect))

    def p_above(self, bound: float) -> float:
        """Answer the chance that none of the cases needed for the bound was seen."""
        return self._missed(self.effect - bound, most=self.span + self.effect)

    def p_below(self, bound: float) -> float:
        """Answer the chance that none of the cases needed for the bound was seen."""
        return self._missed(bound - self.effect, most=self.span - self.effect)

    def _missed(self, apart: float, *, most: float) -> float:
        if apart <= 0:
            return 1.0
        return (1 - apart / most) ** self.units if apart < most else 0.0


def estimate(
    before: Values, after: Values, *, clusters: Clusters | None = None, span: float = 1.0
) -> Estimate | None:
    """Estimate the mean of after - before over pairs of scores; None for fewer than two units.

    Pass or fail (all 0 or 1) without clusters is estimated as rates, all else as a mean. `span`
    is the width of the scores' scale; 0 where it has no end, and the range of the scores seen is
    taken. Raises ValueError for lengths that differ or for scores that are no finite number.
    """
    import numpy as np

    differences = subtract(before, after)
    n, keys = len(differences), declared(clusters, n=len(differences))
    units = n if keys is None else how_many(keys)
    if units < 2:
        return None
    lacking = shortage(n, clusters=None if keys is None else units)
    if keys is None and is_pass_or_fail(before, after):
        return rate_estimate(differences, lacking=lacking)
    mean = float(np.sort(differences).mean())
    if float(np.ptp(differences)) <= NOISE:
        wide = span or max(float(np.ptp([before, after])), abs(mean))
        return AlikeEstimate(mean, units, wide, lacking)
    se, skew = _se_and_skew(differences, keys)
    return MeanEstimate(mean, se, units, lacking, skew)


def rate_estimate(differences: NDArray[float64], *, lacking: str = "") -> RateEstimate:
    """Estimate the difference of two pass rates from -1, 0 and 1 for each pair."""
    gained, lost = (int((differences == way).sum()) for way in (1, -1))
    return RateEstimate(gained, lost, len(differences), lacking)


def _se_and_skew(
    differences: NDArray[float64], clusters: NDArray[int64] | None
) -> tuple[float, float]:
    """Answer standard error and skew of a mean of at least two units that are not all alike.

    Where the cases of each cluster cancel to nothing they are taken as independent.
    """
    import numpy as np

    # Sorted: sums then round alike in every order of the cases.
    apart = np.sort(differences)
    left = apart - apart.mean()
    if clusters is not None:
        together = leftovers(differences, clusters)
        left = together if (np.abs(together) > NOISE).any() else left
    squares, cubes, g = float(left @ left), float((left**3).sum()), len(left)
    return math.sqrt(squares * g / (g - 1)) / len(apart), math.sqrt(g) * cubes / squares**1.5


def shortage(pairs: int, *, clusters: int | None = None) -> str:
    """Say why these are too few for a verdict, or nothing."""
    if pairs < ENOUGH_PAIRS:
        return f"{pairs} pairs are fewer than the {ENOUGH_PAIRS} that a verdict needs"
    if clusters is not None and clusters < ENOUGH_CLUSTERS:
        return f"{clusters} clusters are fewer than the {ENOUGH_CLUSTERS} that a verdict needs"
    return ""
