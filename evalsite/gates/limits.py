"""Hold the hard limits of a gate against the new batch alone.

A case without a verdict is no pass and no failure: the figure lies between what it would be with
all of them failed and with all of them passed, and a limit inside that range is open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from evalsite.figures import level
from evalsite.gates.models import GateOutcome
from evalsite.gates.reasons import Code, Reason
from evalsite.gates.spec import GateSpec, Limit
from evalsite.regressions.metrics import STAGE
from evalsite.stats.intervals import NOISE
from evalsite.summaries.models import SliceKind, Summary

Summaries = Mapping[tuple[str, str], Summary]


class Figure(NamedTuple):
    """A figure of a batch, and between what it must lie."""

    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """Whether nothing is missing from it."""
        return self.high - self.low <= NOISE


def weigh_limits(spec: GateSpec, summaries: Summaries) -> list[Reason]:
    """Answer what became of each limit; `summaries` are the batch's by (kind, value)."""
    return [_weighed(limit, summaries) for limit in spec.limits]


def _weighed(limit: Limit, summaries: Summaries) -> Reason:
    place = (limit.slice.kind, limit.slice.value) if limit.slice else (str(SliceKind.ALL), "")
    summary = summaries.get(place)
    figure = None if summary is None else figure_of(summary, limit.metric)
    if figure is None:
        code = Code.SLICE_ABSENT if summary is None else Code.METRIC_ABSENT
        what = "no case is in this slice" if summary is None else "no case has this figure"
        return _reason(limit, place, outcome=GateOutcome.NEEDS_REVIEW, code=code, text=what)
    outcome, code = _held(limit, figure)
    text = f"{_SAID[code]}: {_in_words(figure, limit.unit)}"
    after = figure.low if figure.is_sure else None
    return _reason(limit, place, outcome=outcome, code=code, text=text, after=after)


def _held(limit: Limit, figure: Figure) -> tuple[GateOutcome, Code]:
    # As an upper limit: at least 0.8 is at most -0.8 of the figure turned round.
    low, high = figure if limit.at_least is None else (-figure.high, -figure.low)
    bound = limit.bound if limit.at_least is None else -limit.bound
    if high <= bound + NOISE:
        return GateOutcome.PASSED, Code.LIMIT_KEPT
    if low > bound + NOISE:
        return GateOutcome.FAILED, Code.LIMIT_BROKEN
    return GateOutcome.NEEDS_REVIEW, Code.LIMIT_OPEN


def figure_of(summary: Summary, name: str) -> Figure | None:
    """Answer a figure of a batch or slice; None where no case has it."""
    if name.startswith(STAGE):
        return _of_stage(summary.stages.get(name.removeprefix(STAGE), {}))
    n, unjudged = summary.n, summary.unscored + summary.errored
    if not n:
        return None
    if name == "unscored_rate":
        return Figure(unjudged / n, unjudged / n)
    if name in ("pass_rate", "score"):
        mean = summary.pass_rate if name == "pass_rate" else summary.mean_score
        return _share(mean, known=n - unjudged, unknown=unjudged)
    return _usage(summary, name)


def _usage(summary: Summary, name: str) -> Figure | None:
    if name == "tokens":
        parts = (summary.tokens_in, summary.tokens_out)
        value = None if None in parts else float(sum(part or 0 for part in parts))
    else:
        value = getattr(summary, name)
    if value is None:
        return None
    # What some cases cost is not known: it may be more, by nobody knows how much.
    is_open = name == "cost_usd" and summary.cost_known < summary.n
    return Figure(value, math.inf if is_open else value)


def _of_stage(stage: Mapping[str, Any]) -> Figure | None:
    known = stage.get("passed", 0) + stage.get("failed", 0)
    unknown = stage.get("unscored", 0) + stage.get("errored", 0)
    return _share(stage.get("mean"), known=known, unknown=unknown)


def _share(mean: float | None, *, known: int, unknown: int) -> Figure | None:
    if not known + unknown:
        return None
    share = known / (known + unknown)
    low = (mean or 0.0) * share
    return Figure(low, low + 1 - share)


def _in_words(figure: Figure, unit: str) -> str:
    if figure.is_sure:
        return level(figure.low, unit)
    if math.isinf(figure.high):
        return f"{level(figure.low, unit)} or more, as some cases do not tell"
    lowest, highest = level(figure.low, unit), level(figure.high, unit)
    return f"{lowest} to {highest}, as some cases have no verdict"


def _reason(limit: Limit, place: tuple[str, str], **said: Any) -> Reason:
    return Reason(
        rule="limit",
        title=limit.title,
        metric=limit.metric,
        slice_kind=place[0],
        slice_value=place[1],
        limit=limit.bound,
        **said,
    )


_SAID = {
    Code.LIMIT_KEPT: "kept",
    Code.LIMIT_BROKEN: "broken",
    Code.LIMIT_OPEN: "neither kept nor broken for sure",
}
