"""Questions about summaries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from evalsite.summaries.models import SliceKind, Summary

# A few index entries of each suite, however many batches it has.
_RECENT: Final = """
    SELECT b.suite_id, b.id, r.name, b.created_at, b.finished_at, b.selection = '{}',
           s.n, s.unscored + s.errored, s.pass_rate, s.pass_low, s.pass_high
    FROM unnest(%s::uuid[]) AS wanted (suite)
    CROSS JOIN LATERAL (
        SELECT id, suite_id, run_id, created_at, finished_at, selection FROM batches_batch
        WHERE suite_id = wanted.suite AND state = 'finished'
        ORDER BY created_at DESC, id DESC LIMIT %s
    ) b
    JOIN targets_run r ON r.id = b.run_id
    JOIN summaries_summary s
      ON s.batch_id = b.id AND s.slice_kind = 'all' AND s.slice_value = ''
    ORDER BY b.suite_id, b.created_at DESC, b.id DESC
"""


class Recent(NamedTuple):
    """What a finished batch came to; `lost` cases have no verdict, `is_whole`: of all cases."""

    suite: UUID
    batch: UUID
    run: str
    created_at: datetime
    finished_at: datetime | None
    is_whole: bool
    n: int
    lost: int
    pass_rate: float | None
    pass_low: float | None
    pass_high: float | None


def of_batch(batch: UUID) -> QuerySet[Summary]:
    """Answer a batch's summary rows, the whole first, then slice by slice."""
    return Summary.objects.filter(batch=batch).order_by("slice_kind", "slice_value")


def weakest_slices(batch: UUID) -> QuerySet[Summary]:
    """Answer a batch's slices by their pass rate, those without one last."""
    rates = F("pass_rate").asc(nulls_last=True)
    slices = of_batch(batch).exclude(slice_kind=SliceKind.ALL)
    return slices.order_by(rates, "slice_kind", "slice_value")


def headline(batch: UUID) -> Summary | None:
    """Answer the row of the whole batch, or None before it is summarised."""
    return of_batch(batch).filter(slice_kind=SliceKind.ALL).first()


def headlines(batches: Sequence[UUID]) -> QuerySet[Summary]:
    """Answer the rows of these batches as a whole; none for one that is not summarised."""
    return Summary.objects.filter(batch__in=batches, slice_kind=SliceKind.ALL).defer("stages")


def recent_of_suites(suites: Sequence[UUID], *, limit: int) -> dict[UUID, list[Recent]]:
    """Answer the figures of each suite's newest finished batches, newest first, in one query."""
    found: dict[UUID, list[Recent]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, [list(suites), limit])
        for row in map(Recent._make, cursor.fetchall()):
            found.setdefault(row.suite, []).append(row)
    return found


def much_unscored(batches: Sequence[UUID], *, share: float) -> QuerySet[Summary]:
    """Answer the whole figures of those batches where more than a share (0..1) has no verdict."""
    found = headlines(batches).annotate(lost=F("unscored") + F("errored"))
    return found.filter(lost__gt=F("n") * share)
