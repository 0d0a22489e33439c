"""Finished batches as series: a value per version of each target on each suite."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Avg, F, FloatField, Min, QuerySet, TextField, Value
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
    rows = (
        whole_batches()
        .filter(
            batch__suite=line.suite_id,
            batch__run__target=line.target_id,
            batch__run__client_type=line.client_type,
        )
        .values(version=VERSION)
        .annotate(
            at=Min("batch__created_at"),
            first=ArrayAgg("batch_id", order_by=["batch__created_at", "batch_id"]),
            **{f"mean_{name}": Avg(value) for name, value in VALUES.items()},
        )
        .order_by("at", "version")
    )
    return [_version(dict(row)) for row in rows]


def _version(row: dict[str, Any]) -> Version:
    values = {name: row[f"mean_{name}"] for name in VALUES}
    return Version(row["version"], row["first"][0], row["at"], values)
