"""Claims about a difference, held against a margin that was declared before the run.

Effects are after - before of a score where more is better. A claim is shown when its one-sided
p is at most alpha, which is when the 1 - 2 alpha interval lies on the claim's side of the
margin: with alpha 0.025 the 95 % interval that is shown beside it. No claim is shown by a small
p alone, and "not shown" is not "shown to be false".
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from evalsite.stats.estimates import Estimate
from evalsite.stats.intervals import NOISE, Interval
from evalsite.stats.power import POWER

ALPHA = 0.025


class Outcome(StrEnum):
    """What became of a claim."""

    SHOWN = "shown"
    NOT_SHOWN = "not_shown"
    NEEDS_REVIEW = "needs_review"


class Decision(NamedTuple):
    """What became of a claim, and why; p and interval are None where there was too little.

    `times` is about how many times as many cases would show it with 80 % power, if they go on
    like those seen; None if it is shown, or if what was seen itself speaks against it.
    """

    claim: str
    outcome: Outcome
    p_value: float | None
    interval: Interval | None
    why: str
    times: float | None = None


def superiority(
    estimate: Estimate | None, *, margin: float = 0.0, alpha: float = ALPHA
) -> Decision:
    """Decide whether the true effect is above the margin (0: better at all).

    At most alpha of the systems that are just at the margin are called superior.
    """
    claim = f"better by more than {margin:g}" if margin else "better"
    return _decide(estimate, claim, above=_checked(margin), below=None, alpha=alpha)


def non_inferiority(estimate: Estimate | None, *, margin: float, alpha: float = ALPHA) -> Decision:
    """Decide whether the true effect is above -margin: not worse by as much as the margin.

    Piaggio et al. 2012, JAMA 308:2594 (CONSORT for non-inferiority). ValueError for a negative
    margin.
    """
    claim = f"not worse by {margin:g} or more"
    return _decide(estimate, claim, above=-_checked(margin), below=None, alpha=alpha)


def equivalence(estimate: Estimate | None, *, margin: float, alpha: float = ALPHA) -> Decision:
    """Decide whether the true effect lies within -margin..margin, by two one-sided tests.

    Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15:657; p is the larger of both.
    ValueError for a negative margin.
    """
    claim = f"alike within {margin:g}"
    return _decide(estimate, claim, above=-_checked(margin), below=margin, alpha=alpha)


def _decide(
    estimate: Estimate | None, claim: str, *, above: float, below: float | None, alpha: float
) -> Decision:
    if estimate is None or estimate.lacking:
        why = estimate.lacking if estimate else "fewer than two cases or clusters"
        return Decision(claim, Outcome.NEEDS_REVIEW, None, None, why)
    p = estimate.p_above(above)
    if below is not None:
        p = max(p, estimate.p_below(below))
    interval = estimate.interval(confidence=1 - 2 * alpha)
    outcome = Outcome.SHOWN if p <= alpha else Outcome.NOT_SHOWN
    limits = f"above {above:g}" if below is None else f"within {above:g} to {below:g}"
    lies = "lies" if outcome is Outcome.SHOWN else "does not lie"
    low, high = interval
    why = f"the {1 - 2 * alpha:.0%} interval {low:.3g} to {high:.3g} {lies} {limits}"
    distance = estimate.effect - above
    if below is not None:
        distance = min(distance, below - estimate.effect)
    times = None if p <= alpha else _times(distance, interval=interval, alpha=alpha)
    return Decision(claim, outcome, p, interval, why, times)


def _times(distance: float, *, interval: Interval, alpha: float) -> float | None:
    """Widths shrink with the root of the cases: ask when the margin would be far enough away."""
    from scipy.special import ndtri

    if distance <= NOISE:
        return None
    critical, spare = float(ndtri(1 - alpha)), float(ndtri(POWER))
    error = (interval.high - interval.low) / (2 * critical)
    return max(1.0, ((critical + spare) * error / distance) ** 2)


def _checked(margin: float) -> float:
    if not margin >= 0:
        raise ValueError(f"a margin is 0 or more, not {margin}")
    return margin
