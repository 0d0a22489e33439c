"""What the pairs of two batches say about one metric: the estimates that rules are held against."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from evalsite.gates.reasons import Code
from evalsite.regressions.metrics import Metric
from evalsite.stats.estimates import ENOUGH_PAIRS, Estimate, estimate
from evalsite.stats.intervals import Interval


@dataclass(frozen=True)
class Evidence:
    """One metric of the cases that have it on both sides.

    `lost` counts the baseline's cases that have no pair; `absent` says what is not there at all.
    With `allowed`, a share, `loss` is about after - (1 + allowed) x before: a mean grew by more
    than that share where the mean of these is above 0.
    """

    metric: Metric
    before: list[float]
    after: list[float]
    clusters: Sequence[Hashable] | None = None
    lost: int = 0
    absent: Code | None = None
    allowed: float = 0.0

    @property
    def n(self) -> int:
        """The pairs."""
        return len(self.before)

    @property
    def mean_before(self) -> float | None:
        """The baseline's mean over the pairs."""
        return fmean(self.before) if self.n else None

    @property
    def mean_after(self) -> float | None:
        """The new batch's mean over the pairs."""
        return fmean(self.after) if self.n else None

    @property
    def effect(self) -> float | None:
        """The mean of after - before."""
        return fmean(self.after) - fmean(self.before) if self.n else None

    @property
    def lacking(self) -> str:
        """Why there is too little for a verdict, or nothing."""
        if self._upward is None:
            return f"{self.n} pairs are fewer than the {ENOUGH_PAIRS} that a verdict needs"
        return self._upward.lacking

    def interval(self, *, confidence: float) -> Interval | None:
        """Answer where the true difference after - before lies; None where nothing can be said."""
        if self._upward is None or self.lacking:
            return None
        return self._upward.interval(confidence=confidence)

    @cached_property
    def gain(self) -> Estimate | None:
        """How much better it got."""
        return self._downward if self.metric.less_is_better else self._upward

    @cached_property
    def loss(self) -> Estimate | None:
        """How much worse it got, beyond what is allowed."""
        if self.allowed:
            return self._estimate([value * (1 + self.allowed) for value in self.before], self.after)
        return self._upward if self.metric.less_is_better else self._downward

    @cached_property
    def _upward(self) -> Estimate | None:
        return self._estimate(self.before, self.after)

    @cached_property
    def _downward(self) -> Estimate | None:
        return self._estimate(self.after, self.before)

    def _estimate(self, before: list[float], after: list[float]) -> Estimate | None:
        return estimate(before, after, clusters=self.clusters, span=self.metric.span)
