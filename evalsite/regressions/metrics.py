"""What two batches are compared by: the metrics, their units, and which way is better."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

HEADLINE: Final = "pass_rate"
SCORE: Final = "score"
UNSCORED_RATE: Final = "unscored_rate"
LATENCY, COST, TOKENS = "latency_ms", "cost_usd", "tokens"
STAGE: Final = "stage:"


class Metric(NamedTuple):
    """A figure that every case has; `span` is the width of its scale, 0 where it has no end.

    `is_judged`: it rests on what judges said, and means nothing where they are not trusted.
    """

    name: str
    less_is_better: bool = False
    span: float = 1.0
    unit: str = "share"
    is_judged: bool = True


_KNOWN: Final = {
    known.name: known
    for known in (
        Metric(HEADLINE),
        Metric(SCORE),
        Metric(UNSCORED_RATE, less_is_better=True, is_judged=False),
        Metric(LATENCY, less_is_better=True, span=0.0, unit="ms", is_judged=False),
        Metric(COST, less_is_better=True, span=0.0, unit="USD", is_judged=False),
        Metric(TOKENS, less_is_better=True, span=0.0, unit="tokens", is_judged=False),
    )
}


def metric(name: str) -> Metric:
    """Answer the metric of that name; raises KeyError for one that there is not."""
    if name.startswith(STAGE) and name != STAGE:
        return Metric(name)
    return _KNOWN[name]


def metrics_of(stages: Iterable[str]) -> list[str]:
    """Name the metrics of a batch with these stages, the pass rate first."""
    judged = [HEADLINE, SCORE, *(STAGE + stage for stage in stages)]
    return [*judged, LATENCY, COST, TOKENS, UNSCORED_RATE]
