"""How far raters agree beyond chance: people with people, or a judge with people.

Each coefficient is (observed - expected) / (1 - expected): 1 is full agreement, 0 what chance
gives. They differ in what they take chance to be. A unit is what was rated: a case, an answer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from evalsite.stats.effective import effective_wilson
from evalsite.stats.intervals import Interval
from evalsite.stats.ratings import Counted, Rating, count, cross

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

Weights = Literal["none", "linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
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
    shares = cross(units, categories=counted.categories)
    likeness = _likeness(len(counted.categories), weights=weights)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float((likeness * shares).sum()), float(rows @ likeness @ columns)
    chance = (likeness @ columns)[:, None] + rows @ likeness
    pulls = likeness * (1 - expected) - chance * (1 - observed)
    return _agreement(
        counted,
        observed=observed,
        expected=expected,
        variance=float((shares * pulls**2).sum() - (shares * pulls).sum() ** 2)
        / (1 - expected) ** 4,
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
    others = len(counted.categories) - 1
    if not len(counted.counts) or others < 1:
        return _undefined(counted, method="Gwet's AC1")
    each = counted.counts.sum(axis=1)
    shares = counted.counts / each[:, None]
    agreeing = ((shares * counted.counts).sum(axis=1) - 1) / (each - 1)
    base = shares.mean(axis=0)
    observed, expected = float(agreeing.mean()), float(base @ (1 - base)) / others
    pulls = agreeing * (1 - expected) - 2 * (1 - observed) * (shares @ (1 - base)) / others
    return _agreement(
        counted,
        observed=observed,
        expected=expected,
        variance=float(pulls.var()) / (1 - expected) ** 4,
        method="Gwet's AC1",
        confidence=confidence,
    )


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
    import numpy as np

    counted = count(units, categories=categories, ordered=level != "nominal")
    method = f"Krippendorff's alpha, {level}"
    if not counted.varied:
        return _undefined(counted, method=method)
    counts, totals = counted.counts, counted.counts.sum(axis=0)
    each, number = counts.sum(axis=1), float(totals.sum())
    places = _places(counted, level=level)
    distance = _distance(places, level=level)
    # Sums over units and over all ratings; what one more unit would add to each is its pull.
    apart = ((counts @ distance) * counts).sum(axis=1) / (each - 1)
    seen, by_chance = float(apart.sum()), float(totals @ distance @ totals)
    pull_seen, pull_chance = apart, 2 * counts @ (distance @ totals)
    if level == "ordinal":
        ranks = counts.cumsum(axis=1) - counts / 2
        within = counts.T @ (counts / (each - 1)[:, None])
        pull_seen = pull_seen + ranks @ _stretch(within, places=places)
        pull_chance = pull_chance + ranks @ _stretch(np.outer(totals, totals), places=places)
    ratio = (number - 1) * seen / by_chance
    pulls = ((number - 1) * pull_seen + seen * each - ratio * pull_chance) / by_chance
    most = float(distance.max())
    return _agreement(
        counted,
        observed=1 - seen / number / most,
        expected=1 - by_chance / (number * (number - 1)) / most,
        variance=float((pulls**2).mean()) * len(counts) ** 2,
        method=method,
        confidence=confidence,
    )


def _agreement(
    counted: Counted,
    *,
    observed: float,
    expected: float,
    variance: float,
    method: str,
    confidence: float,
) -> Agreement:
    """Put the result together; `variance` is that of one unit's influence on the coefficient."""
    n, room = len(counted.counts), 1 - expected
    se = interval = None
    if n > 1:
        se = math.sqrt(max(0.0, variance) / (n - 1))
        low, high = effective_wilson(observed, se=se * room, n=n, confidence=confidence)
        interval = Interval(max(-1.0, (low - expected) / room), (high - expected) / room)
    return Agreement(
        coefficient=(observed - expected) / room,
        interval=interval,
        standard_error=se,
        observed=observed,
        expected=expected,
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


def _places(counted: Counted, *, level: Level) -> NDArray[float64]:
    """Answer where each category lies: its number, or the middle of its ranks."""
    import numpy as np

    if level == "interval":
        if words := [rating for rating in counted.categories if isinstance(rating, str)]:
            raise ValueError(f"the interval level needs numbers, not {words}")
        return np.array(counted.categories, dtype=float)
    totals = counted.counts.sum(axis=0)
    middles: NDArray[float64] = totals.cumsum() - totals / 2
    return middles


def _distance(places: NDArray[float64], *, level: Level) -> NDArray[float64]:
    import numpy as np

    if level == "nominal":
        return 1.0 - np.eye(len(places))
    return np.subtract.outer(places, places) ** 2


def _stretch(pairs: NDArray[float64], *, places: NDArray[float64]) -> NDArray[float64]:
    """Answer how fast the sum of the pairs' squared distances grows as each place moves."""
    import numpy as np

    steps: NDArray[float64] = 4 * (pairs * np.subtract.outer(places, places)).sum(axis=1)
    return steps
