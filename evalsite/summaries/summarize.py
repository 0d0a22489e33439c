"""Write a batch's summary: one row for the whole and one for each slice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from evalsite.batches.models import Batch
from evalsite.stats.intervals import bounded_mean, wilson
from evalsite.summaries.figures import (
    COUNTS,
    Figures,
    Spread,
    StageFigures,
    figures_of,
    latencies_of,
    work_in_memory,
)
from evalsite.summaries.models import SliceKind, Summary
from evalsite.summaries.queries import of_batch
from evalsite.summaries.repeated import Repeated, repeated_of

Estimate = tuple[float | None, float | None, float | None]

_KEY = ("tenant", "batch", "slice_kind", "slice_value")
_VALUES = [f.attname for f in Summary._meta.local_fields if f.name not in ("id", *_KEY)]
_NO_LATENCY = (None, None, None)
# There may be as many slices as cases.
_AT_ONCE = 500
# Not by NOT IN: beyond what may be hashed in memory that walks all kept slices for each row.
_DELETE_VANISHED = """
    DELETE FROM summaries_summary s USING (
        SELECT slice_kind, slice_value FROM summaries_summary WHERE batch_id = %(batch)s
        EXCEPT SELECT * FROM unnest(%(kinds)s::text[], %(values)s::text[])
    ) AS gone
    WHERE s.batch_id = %(batch)s AND s.slice_kind = gone.slice_kind
        AND s.slice_value = gone.slice_value
"""


@transaction.atomic(savepoint=False)
def summarize(batch: Batch) -> QuerySet[Summary]:
    """Write and answer the batch's summary; doing it again replaces it.

    Counts are of cases. A case passed when all its repetitions did; it is unscored or errored
    when one of them is. Scorecards that are still open, as a cancelled batch has them, are left
    out.
    """
    work_in_memory()
    kept: list[tuple[str, str]] = []
    rows = _rows(batch)
    while block := list(islice(rows, _AT_ONCE)):
        kept += [(row.slice_kind, row.slice_value) for row in block]
        Summary.objects.bulk_create(
            block, update_conflicts=True, unique_fields=_KEY, update_fields=_VALUES
        )
    with connection.cursor() as cursor:
        kinds, values = map(list, zip(*kept, strict=True))
        cursor.execute(_DELETE_VANISHED, {"batch": batch.pk, "kinds": kinds, "values": values})
    return of_batch(batch.pk)


def _rows(batch: Batch) -> Iterator[Summary]:
    """Yield a row for each slice, or one that says that there is nothing."""
    stages = [stage["name"] for stage in batch.manifest["stages"]]
    latencies = cache(partial(latencies_of, batch.pk))
    repeated = repeated_of(batch.pk, repetitions=batch.repetitions)
    row = None
    for figures in figures_of(batch, stages=stages):
        place = (figures.kind, figures.value)
        times = latencies().get(place, _NO_LATENCY) if figures.is_timed else _NO_LATENCY
        row = Summary(batch=batch, **_row(figures))
        row.latency_p50, row.latency_p95, row.latency_p99 = times
        row.pass_at, row.pass_hat = repeated.get(place, Repeated())
        yield row
    if row is None:
        yield Summary(batch=batch, slice_kind=SliceKind.ALL, stages={}, **dict.fromkeys(COUNTS, 0))


def _row(figures: Figures) -> dict[str, Any]:
    rate, pass_low, pass_high = _pass_rate(figures)
    mean, score_low, score_high = _mean(figures.score)
    return {
        "slice_kind": figures.kind,
        "slice_value": figures.value,
        **figures.counts,
        **figures.usage,
        "pass_rate": rate,
        "pass_low": pass_low,
        "pass_high": pass_high,
        "mean_score": mean,
        "score_low": score_low,
        "score_high": score_high,
        "stages": {name: _stage(stage) for name, stage in figures.stages.items()},
    }


def _pass_rate(figures: Figures) -> Estimate:
    """Cases without a verdict are not in the rate; with repetitions it is a mean of shares."""
    if figures.share is not None:
        return _mean(figures.share)
    passed, failed = figures.counts["passed"], figures.counts["failed"]
    judged = passed + failed
    return (passed / judged, *wilson(passed, judged)) if judged else (None, None, None)


def _stage(stage: StageFigures) -> dict[str, Any]:
    mean, low, high = _mean(stage.score)
    counts = {"n": sum(stage.counts.values()), **stage.counts}
    return {**counts, "scored": stage.score.n, "mean": mean, "low": low, "high": high}


def _mean(spread: Spread) -> Estimate:
    if spread.n == 0:
        return None, None, None
    return (spread.mean, *bounded_mean(spread.mean, sd=spread.sd, n=spread.n))
