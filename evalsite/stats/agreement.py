"""How far raters agree beyond chance: people with people, or a judge with people.

Each coefficient is (observed - expected) / (1 - expected): 1 is full agreement, 0 what chance
gives. They differ in what they take chance to be. A unit is what was rated: a case, an answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple

from evalsite.stats.intervals import Interval
from evalsite.stats.ratings import Counted, Rating, count, cross, pairs_of_all

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

Weights = Literal["none", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]

# So many units are added for the interval, spread evenly over all pairs of categories, as Agresti &
# Coull 1998 (The American Statistician 52:119) add four trials to a proportion. Without them the
# interval is a point where agreement is full and covers far too seldom where a category is rare.
ADDED = 4.0


class Agreement(NamedTuple):
    """What a coefficient says of `n` units rated at least twice; `left_out` were not.

    `coefficient` is None where it is not defined: no such unit, or every rating the same, so that
    chance alone explains the agreement. The interval and the error need two units. `observed` and
    `expected` are the agreement seen and expected by chance, 0 to 1; a near miss counts in part
    where distance does. `base_rates` is how often each category was given, by all raters together.
    """

    coefficient: float | None
    interval: Interval | None
    standard_error: float | None
    observed: float | None
    expected: float | None
    n: int
    left_out: int
    base_rates: dict[Rating, float]
    method: str


class _Seen(NamedTuple):
    """Agreement seen, expected by chance, and the variance of a unit's pull on the coefficient."""

    observed: float
    expected: float
    variance: float

    def coefficient(self) -> float:
        return (self.observed - self.expected) / (1 - self.expected)


def cohen_kappa(
    first: Sequence[Rating | None],
    second: Sequence[Rating | None],
    *,
    weights: Weights = "none",
    categories: Sequence[Rating] | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Compare two raters of the same units in the same order; None is no rating.

    Cohen 1960 (Educational and Psychological Measurement 20:37). With weights a near miss counts in
    part, by the distance of the categories' places, linear or squared (Cohen 1968, Psychological
    Bulletin 70:213). Standard error: Fleiss, Cohen & Everitt 1969 (Psychological Bulletin 72:323).
    Raises ValueError for unequal lengths and as `ratings.in_order` does.
    """
    units = list(zip(first, second, strict=True))
    method = "Cohen's kappa" + ("" if weights == "none" else f", {weights} weights")
    counted = count(units, categories=categories, ordered=weights != "none")
    if not counted.varied:
        return _undefined(counted, method=method)
    table = cross(units, categories=counted.categories)
    likeness = _likeness(len(table), weights=weights)
    return _agreement(
        counted,
        seen=_kappa(table, likeness),
        shrunk=_kappa(table + ADDED / table.size, likeness),
        method=method,
        confidence=confidence,
    )


def gwet_ac1(
    units: Sequence[Sequence[Rating | None]],
    *,
    categories: Sequence[Rating] | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Compare two or more raters, one row per unit; None is no rating.

    Gwet 2008 (British Journal of Mathematical and Statistical Psychology 61:29), over the units
    rated at least twice. Where nearly all ratings are alike kappa may be near 0 though the raters
    hardly ever differ (Feinstein & Cicchetti 1990, Journal of Clinical Epidemiology 43:543); AC1 is
    not so. `categories` are all that could have been given, by default those that were. Raises
    ValueError for a rating outside them.
    """
    counted = count(units, categories=categories)
    if not len(counted.counts) or len(counted.categories) < 2:
        return _undefined(counted, method="Gwet's AC1")
    return _by_units(counted, _ac1, method="Gwet's AC1", confidence=confidence)


def krippendorff_alpha(
    units: Sequence[Sequence[Rating | None]],
    *,
    level: Level = "nominal",
    categories: Sequence[Rating] | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """Compare two or more raters, one row per unit; None is no rating.

    Krippendorff 2004, "Content Analysis", chapter 11: 1 - observed / expected disagreement. `level`
    says what a difference is: any (nominal), of ranks (ordinal), of numbers (interval), the latter
    two squared. Standard error: infinitesimal jackknife over the units (Efron 1982, "The Jackknife,
    the Bootstrap and Other Resampling Plans", chapter 6). Raises ValueError as `ratings.in_order`
    does, and for words at the interval level.
    """
    counted = count(units, categories=categories, ordered=level != "nominal")
    method = f"Krippendorff's alpha, {level}"
    places = _numbers(counted.categories) if level == "interval" else None
    if not counted.varied:
        return _undefined(counted, method=method)
    measure = partial(_alpha, level=level, places=places)
    return _by_units(counted, measure, method=method, confidence=confidence)


def _kappa(table: NDArray[float64], likeness: NDArray[float64]) -> _Seen:
    shares = table / table.sum()
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((likeness * shares).sum()), float(rows @ likeness @ columns)
    chance = (likeness @ columns)[:, None] + rows @ likeness
    pulls = likeness * (1 - expected) - chance * (1 - observed)
    variance = float((shares * pulls**2).sum() - (shares * pulls).sum() ** 2)
    return _Seen(observed, expected, variance / (1 - expected) ** 4)


def _ac1(counts: NDArray[float64], weights: NDArray[float64]) -> _Seen:
    each, total = counts.sum(axis=1), float(weights.sum())
    shares = counts / each[:, None]
    agreeing = ((shares * counts).sum(axis=1) - 1) / (each - 1)
    base = weights @ shares / total
    chance = shares @ (1 - base) / (len(base) - 1)
    observed, expected = float(weights @ agreeing) / total, float(weights @ chance) / total
    pulls = agreeing * (1 - expected) - 2 * (1 - observed) * chance
    variance = float(weights @ pulls**2) / total - (float(weights @ pulls) / total) ** 2
    return _Seen(observed, expected, variance / (1 - expected) ** 4)


def _alpha(
    counts: NDArray[float64],
    weights: NDArray[float64],
    *,
    level: Level,
    places: NDArray[float64] | None,
) -> _Seen:
    import numpy as np

    each, totals = counts.sum(axis=1), weights @ counts
    number = float(totals.sum())
    if places is None:
        # The middle of the ranks that a category's ratings have among all.
        places = totals.cumsum() - totals / 2
    apart_by = np.subtract.outer(places, places)
    distance = 1.0 - np.eye(len(places)) if level == "nominal" else apart_by**2
    # Sums over units and over all ratings; a unit's pull is what one more of it would add to each.
    apart = ((counts @ distance) * counts).sum(axis=1) / (each - 1)
    seen, by_chance = float(weights @ apart), float(totals @ distance @ totals)
    pull_seen, pull_chance = apart, 2 * counts @ (distance @ totals)
    if level == "ordinal":
        # One more unit also moves the ranks, and with them every distance.
        ranks = counts.cumsum(axis=1) - counts / 2
        within = counts.T @ (counts * (weights / (each - 1))[:, None])
        pull_seen = pull_seen + ranks @ (4 * (within * apart_by).sum(axis=1))
        pull_chance = pull_chance + ranks @ (4 * totals * (apart_by @ totals))
    ratio = (number - 1) * seen / by_chance
    pulls = ((number - 1) * pull_seen + seen * each - ratio * pull_chance) / by_chance
    most = float(distance.max())
    return _Seen(
        observed=1 - seen / number / most,
        expected=1 - by_chance / (number * (number - 1)) / most,
        variance=float(weights @ pulls**2) * float(weights.sum()),
    )


def _by_units(
    counted: Counted,
    measure: Callable[[NDArray[float64], NDArray[float64]], _Seen],
    *,
    method: str,
    confidence: float,
) -> Agreement:
    """Measure the units as they are, and with the added ones."""
    import numpy as np

    counts, pairs = counted.counts, pairs_of_all(len(counted.categories))
    ones, few = np.ones(len(counts)), np.full(len(pairs), ADDED / len(pairs))
    return _agreement(
        counted,
        seen=measure(counts, ones),
        shrunk=measure(np.concatenate([counts, pairs]), np.concatenate([ones, few])),
        method=method,
        confidence=confidence,
    )


def _agreement(
    counted: Counted, *, seen: _Seen, shrunk: _Seen, method: str, confidence: float
) -> Agreement:
    """Put the result together: the coefficient as seen, the interval around the shrunk one."""
    n, coefficient = len(counted.counts), seen.coefficient()
    se = interval = None
    if n > 1:
        se = math.sqrt(max(0.0, seen.variance) / (n - 1))
        z = NormalDist().inv_cdf((1 + confidence) / 2)
        reach = z * math.sqrt(max(0.0, shrunk.variance) / (n + ADDED))
        low, high = shrunk.coefficient() - reach, shrunk.coefficient() + reach
        interval = Interval(max(-1.0, min(low, coefficient)), min(1.0, max(high, coefficient)))
    return Agreement(
        coefficient=coefficient,
        interval=interval,
        standard_error=se,
        observed=seen.observed,
        expected=seen.expected,
        n=n,
        left_out=counted.left_out,
        base_rates=counted.base_rates(),
        method=method,
    )


def _undefined(counted: Counted, *, method: str) -> Agreement:
    n = len(counted.counts)
    why = "every rating is the same" if n else "no unit was rated twice"
    return Agreement(
        coefficient=None,
        interval=None,
        standard_error=None,
        observed=1.0 if n else None,
        expected=1.0 if n else None,
        n=n,
        left_out=counted.left_out,
        base_rates=counted.base_rates() if n else {},
        method=f"{method}: not defined, {why}",
    )


def _likeness(number: int, *, weights: Weights) -> NDArray[float64]:
    """Answer how much of an agreement each pair of categories is."""
    import numpy as np

    if weights == "none":
        return np.eye(number)
    apart = np.abs(np.subtract.outer(np.arange(number), np.arange(number))) / (number - 1)
    return 1.0 - (apart if weights == "linear" else apart**2)


def _numbers(categories: Sequence[Rating]) -> NDArray[float64]:
    import numpy as np

    if words := [rating for rating in categories if isinstance(rating, str)]:
        raise ValueError(f"the interval level needs numbers, not {words}")
    return np.array(categories, dtype=float)
