"""Finished batches one by one: a figure of the suite, of a stage, or of each slice, as lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import F, QuerySet

from evalsite.batches.models import Batch, BatchState
from evalsite.cases.models import Suite
from evalsite.regressions.metrics import STAGE, UNSCORED_RATE
from evalsite.stats.change_points import Change, find_changes
from evalsite.summaries.models import SliceKind, Summary
from evalsite.trends.batches import VALUES, VERSION

# Where a summary has the ends of a metric's interval.
_ENDS: Final = {"pass_rate": ("pass_low", "pass_high"), "score": ("score_low", "score_high")}
# A stage's cases without a score; skipped and not applicable ones it was not asked about.
_LEFT_OUT: Final = ("unscored", "errored")
_NOT_ASKED: Final = ("skipped", "not_applicable")


class BatchPoint(NamedTuple):
    """One batch's figure, None where it was not measured, over `n` cases less `left_out`.

    `left_out` is None for latencies and tokens: a summary does not tell how many were measured.
    """

    batch: UUID
    version: str
    at: datetime
    value: float | None
    low: float | None
    high: float | None
    n: int
    left_out: int | None


class BatchLine(NamedTuple):
    """The batches of one target and client in order of time; `slice_value` is "" for the whole."""

    target: str
    target_id: UUID
    client_type: str
    slice_value: str
    points: list[BatchPoint]


def batch_lines(
    suite: Suite, *, metric: str, target: str = "", slice_kind: str = SliceKind.ALL, last: int
) -> list[BatchLine]:
    """Answer the lines that the suite's newest `last` finished whole batches make up.

    `metric` is one of `trends.batches.VALUES`, or `stage:NAME`, which is the stage's mean score.
    Two queries, whatever there is.
    """
    batches = list(_newest(suite, target)[:last].values_list("pk", flat=True))
    lines: dict[tuple[str, str, str], BatchLine] = {}
    for row in _rows(batches, metric=metric, slice_kind=slice_kind):
        head = (row["target"], row["target_id"], row["client_type"], row["slice_value"])
        key = (row["target"], row["client_type"], row["slice_value"])
        lines.setdefault(key, BatchLine(*head, points=[])).points.append(_point(row, metric))
    return [lines[key] for key in sorted(lines)]


def stages_of(suite: Suite) -> list[str]:
    """Name the stages of the suite's newest finished batch, in their order."""
    manifest = _newest(suite, "").values_list("manifest", flat=True).first() or {}
    return [stage["name"] for stage in manifest.get("stages", [])]


def changes_in(line: BatchLine) -> list[Change]:
    """Answer where the line's level changed, by `stats.change_points`; `at` counts all points."""
    places = [at for at, point in enumerate(line.points) if point.value is not None]
    found = find_changes([point.value for point in line.points if point.value is not None])
    return [
        Change(places[change.at], change.before, change.after, change.p_value) for change in found
    ]


def _newest(suite: Suite, target: str) -> QuerySet[Batch]:
    found = Batch.objects.filter(suite=suite, state=BatchState.FINISHED, selection={})
    if target:
        found = found.filter(run__target__name=target)
    return found.order_by("-created_at", "-pk")


def _rows(batches: Iterable[UUID], *, metric: str, slice_kind: str) -> Iterable[dict[str, Any]]:
    low, high = _ENDS.get(metric, ("", ""))
    is_stage = metric.startswith(STAGE)
    figures = {
        "version": VERSION,
        "at": F("batch__created_at"),
        "target": F("batch__run__target__name"),
        "target_id": F("batch__run__target_id"),
        "client_type": F("batch__run__client_type"),
        "figure": F("stages") if is_stage else VALUES[metric],
        **({"low": F(low), "high": F(high)} if low else {}),
    }
    counts = ("batch_id", "slice_value", "n", "unscored", "errored", "cost_known")
    found = Summary.objects.filter(batch__in=list(batches), slice_kind=slice_kind)
    return map(dict, found.order_by("batch__created_at", "batch_id").values(*counts, **figures))


def _point(row: dict[str, Any], metric: str) -> BatchPoint:
    head = (row["batch_id"], row["version"], row["at"])
    if metric.startswith(STAGE):
        stage = row["figure"].get(metric.removeprefix(STAGE)) or {}
        asked = stage.get("n", 0) - sum(stage.get(name, 0) for name in _NOT_ASKED)
        ends = (stage.get("mean"), stage.get("low"), stage.get("high"))
        return BatchPoint(*head, *ends, asked, sum(stage.get(name, 0) for name in _LEFT_OUT))
    ends = (row["figure"], row.get("low"), row.get("high"))
    return BatchPoint(*head, *ends, row["n"], _left_out(row, metric))


def _left_out(row: dict[str, Any], metric: str) -> int | None:
    """Count the cases that are not in the figure; every case is in the rate of unscored ones."""
    if metric in _ENDS:
        return int(row["unscored"] + row["errored"])
    counts = {"cost_usd": row["n"] - row["cost_known"], UNSCORED_RATE: 0}
    return counts.get(metric)
