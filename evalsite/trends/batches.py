"""Finished batches as series: a value per version of each target on each suite."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, FloatField, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from evalsite.batches.models import Batch, BatchState
from evalsite.summaries.models import SliceKind, Summary


def _per_case(amount: Any, cases: Any) -> Any:
    scored = Cast(cases, FloatField()) * F("batch__repetitions")
    return Cast(amount, FloatField()) / NullIf(scored, Value(0.0))


# What a summary says of a batch's cases, by the names of `regressions.metrics`; of latencies it
# knows the median.
VALUES: Final[dict[str, Any]] = {
    "pass_rate": F("pass_rate"),
    "score": F("mean_score"),
    "latency_ms": F("latency_p50"),
    "cost_usd": _per_case(F("cost_usd"), F("cost_known")),
    "tokens": _per_case(Coalesce("tokens_in", 0) + Coalesce("tokens_out", 0), F("n")),
    "unscored_rate": Cast(F("unscored") + F("errored"), FloatField())
    / NullIf(Cast("n", FloatField()), Value(0.0)),
}
# A run that names no version is a version of its own.
VERSION: Final = Coalesce(
    NullIf("batch__run__client_version", Value("")),
    "batch__run__name",
    output_field=TextField(),
)


# The same in SQL, in the same order: to build the statement anew took ten times its own time.
_VERSIONS: Final = """
    SELECT coalesce(nullif(r.client_version, ''), r.name) AS version,
        (array_agg(b.id ORDER BY b.created_at, b.id))[1] AS first, min(b.created_at) AS at,
        avg(s.pass_rate), avg(s.mean_score), avg(s.latency_p50),
        avg(s.cost_usd / nullif(s.cost_known::float8 * b.repetitions, 0)),
        avg((coalesce(s.tokens_in, 0) + coalesce(s.tokens_out, 0))::float8
            / nullif(s.n::float8 * b.repetitions, 0)),
        avg((s.unscored + s.errored)::float8 / nullif(s.n::float8, 0))
    FROM summaries_summary s JOIN batches_batch b ON b.id = s.batch_id
    JOIN targets_run r ON r.id = b.run_id
    WHERE s.slice_kind = 'all' AND b.state = 'finished' AND b.selection = '{}'
      AND b.suite_id = %(suite_id)s AND r.target_id = %(target_id)s
      AND r.client_type = %(client_type)s
    GROUP BY 1 ORDER BY at, version
"""


class Line(NamedTuple):
    """Whose values make one series, but for the metric."""

    suite_id: UUID
    target_id: UUID
    client_type: str


class Version(NamedTuple):
    """A version's values by metric, None where it has none; `batch` is its first, as is `at`."""

    name: str
    batch: UUID
    at: datetime
    values: dict[str, float | None]


def whole_batches() -> QuerySet[Summary]:
    """Answer the summaries of finished batches of whole suites.

    A batch of some of the cases, picked by tag or sample, says nothing that could be compared.
    """
    return Summary.objects.filter(
        slice_kind=SliceKind.ALL, batch__state=BatchState.FINISHED, batch__selection={}
    )


def line_of(batch: Batch) -> Line:
    """Answer which line the batch continues."""
    return Line(batch.suite_id, batch.run.target_id, batch.run.client_type)


def versions_of(line: Line) -> list[Version]:
    """Answer a line's versions, in the order in which they were first evaluated.

    Several batches of a version are one value, their mean: they share cases and system, and are
    no independent evidence.
    """
    with connection.cursor() as cursor:
        cursor.execute(_VERSIONS, line._asdict())
        return [
            Version(name, batch, at, dict(zip(VALUES, means, strict=True)))
            for name, batch, at, *means in cursor.fetchall()
        ]
