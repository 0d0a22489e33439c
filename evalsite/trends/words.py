"""What a shift is, since when, and how sure that is, in sentences."""

from __future__ import annotations

from typing import Final, NamedTuple

from evalsite.figures import between, change, equals, level
from evalsite.regressions.metrics import STAGE
from evalsite.regressions.metrics import metric as metric_named
from evalsite.trends.alarm import RATE
from evalsite.trends.models import Shift

_NAMES: Final = {
    "pass_rate": "pass rate",
    "score": "mean score",
    "latency_ms": "median latency",
    "cost_usd": "cost per case",
    "tokens": "tokens per case",
    "unscored_rate": "share without a verdict",
}


class ShiftTold(NamedTuple):
    """A shift in sentences."""

    what: str
    sure: str
    also: str


def metric_in_words(metric: str) -> str:
    """Name a metric as people do."""
    if metric.startswith(STAGE):
        return f"mean score of stage {metric.removeprefix(STAGE)}"
    return _NAMES.get(metric, metric)


def shift_in_words(shift: Shift) -> ShiftTold:
    """Say what changed and by how much, how sure that is, and what else changed with it."""
    unit = metric_named(shift.metric).unit
    moved = "fell" if shift.after < shift.before else "rose"
    before, after = (level(value, unit) for value in (shift.before, shift.after))
    difference = change(shift.after - shift.before, unit)
    interval = between(shift.effect_low, shift.effect_high, unit=unit)
    whose = " ".join(filter(None, (shift.target.name, shift.client_type)))
    name = metric_in_words(shift.metric).capitalize()
    what = (
        f"{name} of {whose} {moved} from {before} to {after}: {difference}, "
        f"95 % interval {interval}"
    )
    alone, among_all = equals(shift.p_value), equals(shift.p_corrected)
    sure = (
        f"p {alone} in this series, p {among_all} among all that are watched (an alarm up to "
        f"{RATE:g}); {shift.n_before} versions before, {shift.n_after} since, when it was found"
    )
    also = ", ".join(name.replace("_", " ") for name in shift.also_changed)
    return ShiftTold(what, sure, also)
