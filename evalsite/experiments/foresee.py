"""Foresee how many tasks an experiment needs to be settled, before it is declared.

A forecast for the primary metric alone, looked at once at its end: guards, clusters that the suite
does not have yet, and looks on the way are not in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from django.db.models import F

from evalsite.cases.models import Suite
from evalsite.experiments.choices import Claim, Metric
from evalsite.experiments.models import Experiment
from evalsite.regressions.models import Regression
from evalsite.stats.estimates import ENOUGH_PAIRS
from evalsite.stats.power import ALPHA, detectable, needed_cases

POWERS: Final = (0.8, 0.9)
# Where nothing is known of the spread of shares: pairs that differ little, some, and wildly.
GUESSES: Final = (0.1, 0.3, 0.5)
_FINDING: Final = {
    Metric.SCORE: "score",
    Metric.SUCCESS: "pass_rate",
    Metric.LATENCY_MS: "latency_ms",
    Metric.COST_USD: "cost_usd",
    Metric.TOKENS_USED: "tokens",
}


class Seen(NamedTuple):
    """How far the differences of pairs spread (standard deviation), and where that was seen."""

    spread: float
    finding: Regression


class Need(NamedTuple):
    """With such a spread: the tasks that settle it with each of POWERS (None: out of reach).

    `shown` is the smallest distance to the margin that as many tasks as there are would show with
    the first of POWERS.
    """

    spread: float
    tasks: list[int | None]
    shown: float | None


def seen_spread(suite: Suite, *, metric: str) -> Seen | None:
    """Answer the spread in the suite's newest comparison, read back from its interval.

    What clusters cost is in that interval, so it is in the spread as well. None where no
    comparison of the suite has enough pairs that differ.
    """
    found = Regression.objects.filter(
        comparison__batch__suite=suite, metric=_FINDING[Metric(metric)], slice_kind="all"
    )
    found = found.filter(n_pairs__gte=ENOUGH_PAIRS, effect_high__gt=F("effect_low"))
    found = found.select_related("comparison__batch__run", "comparison__baseline__run")
    newest = found.order_by("-comparison__created_at", "-pk").first()
    if newest is None or newest.effect_low is None or newest.effect_high is None:
        return None
    reach = (newest.effect_high - newest.effect_low) / 2
    return Seen(reach / _normal(1 - ALPHA / 2) * newest.n_pairs**0.5, newest)


def distance_of(experiment: Experiment, *, gain: float) -> float:
    """Answer how far a true gain lies beyond what the claim must clear; 0 or less: never shown.

    `gain` is variant - baseline, turned so that more is better, in the metric's unit.
    """
    is_superiority = experiment.claim == Claim.SUPERIORITY
    return gain - experiment.margin if is_superiority else gain + experiment.margin


def needs(
    experiment: Experiment, *, distance: float, spreads: Sequence[float], tasks: int
) -> list[Need]:
    """Answer what each spread would need; `tasks` is how many there are or are planned."""
    alpha = 2 * experiment.alpha
    return [
        Need(
            spread,
            [_tasks(distance, spread=spread, alpha=alpha, power=power) for power in POWERS],
            detectable(spread, n=tasks, alpha=alpha, power=POWERS[0]),
        )
        for spread in spreads
    ]


def _tasks(distance: float, *, spread: float, alpha: float, power: float) -> int | None:
    if distance <= 0:
        return None
    found = needed_cases(distance, sd=spread, alpha=alpha, power=power)
    return None if found is None else max(ENOUGH_PAIRS, found)


def _normal(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))
