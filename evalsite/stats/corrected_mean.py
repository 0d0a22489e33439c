"""A judge's mean over many cases, set right by the few that people labelled too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from evalsite.stats.intervals import Interval, effective_wilson

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

ENOUGH_LABELS = 15
# Where judge and people differ in fewer labels than this, how much they differ has not been seen:
# it is then taken to be what one and a half whole differences would show. Of none to two that is
# the value whose intervals hold the truth most nearly as often as they say, by simulation.
ENOUGH_DIFFERENCES, UNSEEN = 2, 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The mean that people would give, from `labels` cases with theirs and `judged` without.

    `mean`, `interval` and `standard_error` are None for too few labels. `judge_mean` is what the
    judge alone says of all cases, `label_mean` what the labels alone say, `bias` judge minus people
    where both spoke; None without any. `trust`, 0 to 1, is how much of the judge went in; `worth`
    how many labels alone would have the same standard error.
    """

    mean: float | None
    interval: Interval | None
    standard_error: float | None
    judge_mean: float | None
    label_mean: float | None
    bias: float | None
    trust: float
    worth: float
    labels: int
    judged: int
    method: str


class _Estimate(NamedTuple):
    mean: float
    variance: float
    trust: float


def corrected_mean(
    labelled: Sequence[tuple[float, float]],
    judged: Sequence[float],
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    confidence: float = 0.95,
) -> Corrected:
    """Correct the mean of a judge's scores by human labels of some of the cases.

    `labelled` holds the (people's, judge's) score of each case with both, `judged` the judge's
    score of each other case. Scores lie within `bounds`: 0 to 1, or -1 to 1 for differences of two
    systems. The labelled cases must be a random draw from all, and the cases independent.

    Prediction-powered inference (Angelopoulos, Bates, Fannjiang, Jordan & Zrnic 2023, Science
    382:669): trust * mean(judge's of judged) + mean(people's - trust * judge's of labelled), with
    the trust of least error (Angelopoulos, Duchi & Zrnic 2023, "PPI++"), so that a judge who
    guesses costs nothing. The interval is `effective_wilson`'s: near the bounds the normal one
    covers too seldom. Raises ValueError for a score outside the bounds.
    """
    import numpy as np

    _check([score for pair in labelled for score in pair], bounds=bounds)
    _check(judged, bounds=bounds)
    low, width = bounds[0], bounds[1] - bounds[0]
    pairs = (np.array(labelled, dtype=float).reshape(-1, 2) - low) / width
    people, judge = pairs[:, 0], pairs[:, 1]
    others = (np.array(judged, dtype=float) - low) / width
    best, worth = None, 0.0
    if len(people) >= ENOUGH_LABELS:
        alone = _Estimate(float(people.mean()), float(people.var(ddof=1)) / len(people), 0.0)
        powered = _powered(people, judge, others=others)
        best = powered if powered.variance < alone.variance else alone
        worth = len(people) * (alone.variance / best.variance if best is powered else 1.0)
    everything = np.concatenate([judge, others])
    return Corrected(
        mean=None if best is None else low + width * best.mean,
        interval=_interval(best, n=len(people), bounds=bounds, confidence=confidence),
        standard_error=None if best is None else width * math.sqrt(best.variance),
        judge_mean=low + width * float(everything.mean()) if len(everything) else None,
        label_mean=low + width * float(people.mean()) if len(people) else None,
        bias=width * float((judge - people).mean()) if len(people) else None,
        trust=best.trust if best else 0.0,
        worth=worth,
        labels=len(people),
        judged=len(others),
        method=_method(best, n=len(people)),
    )


def _powered(
    people: NDArray[float64], judge: NDArray[float64], *, others: NDArray[float64]
) -> _Estimate:
    """Answer the mean with the trust in the judge of least error; all scores in 0..1."""
    import numpy as np

    n, spread = len(people), float(np.concatenate([judge, others]).var(ddof=1))
    if not len(others) or spread == 0:
        return _Estimate(float(people.mean()), math.inf, 0.0)
    together = float(np.cov(people, judge)[0, 1])
    trust = min(1.0, max(0.0, together / spread / (1 + n / len(others))))
    rest = people - trust * judge
    squares = float(((rest - rest.mean()) ** 2).sum())
    if np.count_nonzero(~np.isclose(people, judge)) < ENOUGH_DIFFERENCES:
        squares = max(squares, UNSEEN)
    return _Estimate(
        mean=min(1.0, max(0.0, trust * float(others.mean()) + float(rest.mean()))),
        variance=trust**2 * spread / len(others) + squares / (n - 1) / n,
        trust=trust,
    )


def _interval(
    best: _Estimate | None, *, n: int, bounds: tuple[float, float], confidence: float
) -> Interval | None:
    if best is None:
        return None
    se = math.sqrt(best.variance)
    low, high = effective_wilson(best.mean, se=se, n=n, confidence=confidence)
    width = bounds[1] - bounds[0]
    return Interval(bounds[0] + width * low, bounds[0] + width * high)


def _method(best: _Estimate | None, *, n: int) -> str:
    if best is None:
        return f"no correction: {n} labels are fewer than the {ENOUGH_LABELS} that it needs"
    if best.trust == 0:
        return f"mean of {n} labels alone: the judge adds nothing to them"
    return f"prediction-powered mean, {n} labels, trust in the judge {best.trust:.2f}"


def _check(scores: Sequence[float], *, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if wrong := [score for score in scores if not low <= score <= high]:
        raise ValueError(f"{wrong[0]} is not a score from {low} to {high}")
