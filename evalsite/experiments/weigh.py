"""Weigh the evidence for a variant: what speaks, on which side, and what keeps it from speaking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evalsite.env import load
from evalsite.experiments.choices import Metric, Side
from evalsite.experiments.figures import span_of
from evalsite.experiments.looks import DIGITS, sequence_of, threshold_of
from evalsite.experiments.models import Arm, Experiment
from evalsite.experiments.pairs import GroupCount, Pairs, Sides
from evalsite.stats.corrections import holm
from evalsite.stats.estimates import (
    AlikeEstimate,
    Estimate,
    MeanEstimate,
    RateEstimate,
    estimate,
    shortage,
)
from evalsite.stats.intervals import Interval
from evalsite.stats.power import cases_to_settle
from evalsite.stats.sequence import tally


class Reason(NamedTuple):
    """One reason of a verdict, for programs and for people."""

    code: str
    text: str


class Weight(NamedTuple):
    """On which side of the threshold the gain of the primary metric lies, if that is shown.

    `interval` is of the gain, which is the difference turned so that more is better.
    """

    side: Side
    interval: Interval
    p_value: float | None
    method: str
    more_cases: int | None


def weigh(experiment: Experiment, pairs: Pairs, *, arm: Arm | None) -> Weight | None:
    """Weigh the primary metric; None with too little for a verdict.

    A peek-safe experiment is weighed by its confidence sequence: by the look that stopped the
    batch (`arm`), or by one at all there is. Others by one one-sided test on each side.
    """
    sides = pairs.sides(experiment.primary_metric).better_is_more(experiment.primary_metric)
    if shortage(len(sides.before)):
        return None
    if experiment.peek_safe:
        return _by_sequence(experiment, sides, arm=arm)
    found = _estimate(experiment.primary_metric, sides)
    if found is None or found.lacking:
        return None
    return _by_tests(experiment, found, n=len(sides.before))


def _by_tests(experiment: Experiment, found: Estimate, *, n: int) -> Weight:
    alpha, threshold = experiment.alpha, threshold_of(experiment)
    above, below = found.p_above(threshold), found.p_below(threshold)
    interval = found.interval(confidence=1 - 2 * alpha)
    side = Side.ABOVE if above <= alpha else Side.BELOW if below <= alpha else Side.OPEN
    more: int | None = 0
    if side is Side.OPEN:
        more = _more(found.effect - threshold, interval, n=n, alpha=alpha)
    return Weight(side, interval, above, _method(found, n=n), more)


def _by_sequence(experiment: Experiment, sides: Sides, *, arm: Arm | None) -> Weight:
    looks = f"{arm.n_looks} looks" if arm else "one look"
    method = f"confidence sequence by betting, {looks}"
    if arm is not None and arm.settled and arm.low is not None and arm.high is not None:
        interval = Interval(arm.low, arm.high)
        return Weight(Side(arm.settled), interval, None, f"{method}, {arm.n_pairs} pairs", 0)
    gains = [round(b - a, DIGITS) for a, b in zip(sides.before, sides.after, strict=True)]
    seen = sequence_of(experiment, tally(gains), planned=len(gains))
    side = Side(seen.settled or "")
    more: int | None = 0
    if side is Side.OPEN:
        effect = (seen.mean or 0.0) - threshold_of(experiment)
        more = _more(effect, seen.interval, n=seen.n, alpha=experiment.alpha)
    return Weight(side, seen.interval, None, f"{method}, {seen.n} pairs", more)


def _more(distance: float, interval: Interval, *, n: int, alpha: float) -> int | None:
    """Forecast from the interval's width, which shrinks with the root of the cases."""
    from scipy.special import ndtri

    reach = (interval.high - interval.low) / 2
    sd = reach / float(ndtri(1 - alpha)) * n**0.5
    more = cases_to_settle(distance, sd=sd, n=n, alpha=2 * alpha)
    return None if more is None else max(1, more)


def harmed_guards(experiment: Experiment, pairs: Pairs) -> list[Reason]:
    """Answer the guards that are shown to be broken, with Holm's correction for their number."""
    tested = [
        (metric, limit, p)
        for metric, limit in guards_of(experiment)
        if (p := _p_of_harm(pairs.sides(metric), metric, limit=limit)) is not None
    ]
    corrected = holm([p for _, _, p in tested])
    return [
        Reason("guard_harmed", f"{metric} is worse by more than {limit:.3g} of the baseline's")
        for (metric, limit, _), p in zip(tested, corrected, strict=True)
        if p <= experiment.alpha
    ]


def guards_of(experiment: Experiment) -> Iterator[tuple[Metric, float]]:
    """Answer each guard's metric and by which share of the baseline's mean it may be worse."""
    for metric, limit in (
        (Metric.LATENCY_MS, experiment.max_slower),
        (Metric.COST_USD, experiment.max_dearer),
    ):
        if limit is not None:
            yield metric, limit


def obstacles(experiment: Experiment, pairs: Pairs) -> Iterator[Reason]:
    """Answer what keeps the results from being evidence, whatever they say."""
    for group, counted in (("baseline", pairs.baseline), ("variant", pairs.variant)):
        yield from _lacks(group, counted)
    if pairs.baseline.results and pairs.variant.results:
        yield from _of_both(experiment, pairs)


def _lacks(group: str, counted: GroupCount) -> Iterator[Reason]:
    limit = load().unscored_limit
    if counted.untrusted:
        yield Reason("judge_untrusted", f"a judge of the {group} was found out before it judged")
    if not counted.results:
        yield Reason("group_empty", f"the {group} group has no results")
    elif counted.missing > limit * counted.results:
        share = f"{counted.missing} of {counted.results} results of the {group}"
        yield Reason("too_many_unscored", f"{share} lack the primary metric")


def _of_both(experiment: Experiment, pairs: Pairs) -> Iterator[Reason]:
    if pairs.baseline.judges != pairs.variant.judges:
        yield Reason("judges_differ", "the groups were not judged by the same judges")
    sides = pairs.sides(experiment.primary_metric)
    units = None if sides.clusters is None else len(set(sides.clusters))
    if few := shortage(len(sides.before), clusters=units):
        yield Reason("too_few_pairs", few)
    if experiment.peek_safe and units is not None:
        text = "a confidence sequence needs cases that stand alone, and these come in clusters"
        yield Reason("clustered", text)
    for metric, _ in guards_of(experiment):
        if shortage(len(pairs.sides(metric).before)):
            yield Reason("guard_unmeasured", f"too few tasks have {metric} in both groups")


def _p_of_harm(sides: Sides, metric: Metric, *, limit: float) -> float | None:
    allowed = [value * (1 + limit) for value in sides.before]
    found = estimate(
        allowed, sides.after, clusters=sides.clusters, span=span_of(metric, sides) * (1 + limit)
    )
    return None if found is None or found.lacking else found.p_above(0)


def _estimate(metric: str, sides: Sides) -> Estimate | None:
    return estimate(sides.before, sides.after, clusters=sides.clusters, span=span_of(metric, sides))


def _method(found: Estimate, *, n: int) -> str:
    if isinstance(found, RateEstimate):
        return f"score test of a paired difference of rates (Tango), {n} pairs"
    if isinstance(found, AlikeEstimate):
        return f"all {n} pairs differ alike: what so many cases could miss"
    units = found.units if isinstance(found, MeanEstimate) else n
    told = f"{n} pairs" if units == n else f"{n} pairs in {units} clusters"
    return f"paired t test, skew taken out (Hall), {told}"
