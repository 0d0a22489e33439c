"""What each metric did: means, difference and per cent, each with its interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from evalsite.experiments.choices import BOUNDED
from evalsite.experiments.pairs import Pairs, Sides
from evalsite.stats.intervals import NOISE
from evalsite.stats.paired import compare_scores

# Where nothing was drawn by chance, the same figures come out each time.
SEED = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric over the paired tasks, in its own unit; intervals are None with too few tasks.

    `improvement` is the difference turned so that more is better, and in per cent of the
    baseline's mean.
    """

    metric: str
    n: int
    baseline: float | None
    variant: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    method: str
    improvement: float | None
    per_cent: float | None
    per_cent_low: float | None
    per_cent_high: float | None

    def as_json(self) -> dict[str, Any]:
        """Answer the figure as plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Count:
    """On how many tasks the variant was better, worse, or the same within the tie band."""

    wins: int
    losses: int
    ties: int


def figure(pairs: Pairs, metric: str, *, confidence: float) -> Figure:
    """Answer what a metric did between the versions, with two-sided intervals."""
    sides = pairs.sides(metric)
    found = compare_scores(
        *sides[:2],
        clusters=sides.clusters,
        span=span_of(metric, sides),
        confidence=confidence,
        seed=SEED,
    )
    sign = 1 if metric in BOUNDED else -1
    low, high = found.interval or (None, None)
    return Figure(
        metric,
        found.n,
        fmean(sides.before) if sides.before else None,
        fmean(sides.after) if sides.after else None,
        found.effect,
        low,
        high,
        found.p_value,
        found.method,
        None if found.effect is None else sign * found.effect,
        *_per_cent(sides, metric, sign=sign, confidence=confidence),
    )


def count(sides: Sides, *, metric: str, tie_band: float) -> Count:
    """Count the tasks by how the variant did on each."""
    before, after, _ = sides.better_is_more(metric)
    gains = [now - then for then, now in zip(before, after, strict=True)]
    wins = sum(gain > tie_band + NOISE for gain in gains)
    losses = sum(gain < -tie_band - NOISE for gain in gains)
    return Count(wins, losses, len(gains) - wins - losses)


def span_of(metric: str, sides: Sides) -> float:
    """Answer the width of the metric's scale: 1, or the largest value seen where it has no end."""
    if metric in BOUNDED:
        return 1.0
    return max([*sides.before, *sides.after, NOISE])


def _per_cent(
    sides: Sides, metric: str, *, sign: int, confidence: float
) -> tuple[float | None, float | None, float | None]:
    """Answer the improvement in per cent of the baseline's mean, and both ends of its interval.

    The ratio of two means, linearised (Cochran 1977, Sampling Techniques, section 6.3): the
    interval is that of the mean of after - ratio * before, in baseline means.
    """
    base = fmean(sides.before) if sides.before else 0.0
    if base <= NOISE:
        return None, None, None
    ratio = fmean(sides.after) / base
    found = compare_scores(
        [ratio * value for value in sides.before],
        sides.after,
        clusters=sides.clusters,
        span=span_of(metric, sides),
        confidence=confidence,
        seed=SEED,
    )
    change = 100 * sign * (ratio - 1)
    if found.interval is None:
        return change, None, None
    low, high = sorted(change + 100 * sign * end / base for end in found.interval)
    return change, low, high
