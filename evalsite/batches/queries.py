"""Questions about batches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast

from evalsite.batches.models import Batch, BatchState, Chunk, ChunkState, Step
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError


class BatchUnknown(EvalsiteError):
    """The tenant has no such batch."""

    code = "batch_unknown"
    hint = "manage.py listbatches shows what there is"
    exit_code = 2
    http_status = 404


class Progress(NamedTuple):
    """How far a batch is; `done` of `total` cases of the step numbered `step`.

    `is_held`: a worker has, or had, a chunk of it.
    """

    state: str
    step: int
    lane: str
    done: int
    total: int
    is_held: bool = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state != BatchState.RUNNING


# One statement: the batch's page and the API ask it again and again while it runs.
_BY_STEP: Final = """
    SELECT s.round, s.number, s.lane, s.stages, s.state, s.n_chunks,
           count(c.id) FILTER (WHERE c.state IN ('done', 'failed')),
           count(c.id) FILTER (WHERE c.state = 'failed'),
           s.n_cases,
           coalesce(sum(c.n_cases) FILTER (WHERE c.state IN ('done', 'failed')), 0)
           + coalesce(sum(c.n_written) FILTER (WHERE c.state NOT IN ('done', 'failed')), 0)
             / b.repetitions,
           s.started_at, s.finished_at
    FROM batches_step s
    JOIN batches_batch b ON b.id = s.batch_id
    LEFT JOIN batches_chunk c ON c.tenant_id = s.tenant_id AND c.step_id = s.id
    WHERE s.batch_id = %s
    GROUP BY s.id, b.repetitions
    ORDER BY s.round, s.number
"""


# The step that each batch is at, in one statement for all that run.
_AT: Final = """
    SELECT b.id, b.state, s.number, s.lane,
           coalesce(sum(c.n_cases) FILTER (WHERE c.state IN ('done', 'failed')), 0)
           + coalesce(sum(c.n_written) FILTER (WHERE c.state NOT IN ('done', 'failed')), 0)
             / b.repetitions,
           s.n_cases, coalesce(bool_or(c.state <> 'pending'), false)
    FROM batches_batch b
    CROSS JOIN LATERAL (
        SELECT id, number, lane, n_cases FROM batches_step WHERE batch_id = b.id
        ORDER BY round DESC, number DESC LIMIT 1
    ) s
    LEFT JOIN batches_chunk c ON c.step_id = s.id
    WHERE b.id = ANY(%s::uuid[])
    GROUP BY b.id, b.state, b.repetitions, s.number, s.lane, s.n_cases
"""


class StepProgress(NamedTuple):
    """How far one step of a batch is, in chunks and in cases; failed chunks are done too."""

    round: int
    number: int
    lane: str
    stages: list[str]
    state: str
    n_chunks: int
    chunks_done: int
    chunks_failed: int
    n_cases: int
    cases_done: int
    started_at: datetime | None
    finished_at: datetime | None


def find_batch(name: str) -> Batch:
    """Answer the batch whose id begins with `name`; raises BatchUnknown for none or several."""
    text = Batch.objects.annotate(text=Cast("pk", TextField()))
    found = list(text.filter(text__startswith=name.lower())[:2])
    if len(found) != 1:
        raise BatchUnknown(f"{'no' if not found else 'more than one'} batch begins with {name!r}")
    return found[0]


def recent() -> QuerySet[Batch]:
    """Answer the tenant's batches, newest first."""
    return Batch.objects.select_related("suite", "run").order_by("-created_at", "-id")


def progress(batch_id: UUID) -> Progress:
    """Answer how far a batch is."""
    state, repetitions = Batch.objects.values_list("state", "repetitions").get(pk=batch_id)
    step = Step.objects.filter(batch=batch_id).order_by("-round", "-number").first()
    if step is None:
        return Progress(state, 0, "", 0, 0)
    over = Q(state__in=(ChunkState.DONE, ChunkState.FAILED))
    seen = Chunk.objects.filter(step=step).aggregate(
        done=Sum("n_cases", filter=over),
        written=Sum("n_written", filter=~over),
        held=Count("pk", filter=~Q(state=ChunkState.PENDING)),
    )
    n_done = (seen["done"] or 0) + (seen["written"] or 0) // repetitions
    return Progress(state, step.number, step.lane, n_done, step.n_cases, seen["held"] > 0)


def progress_of(batches: Iterable[UUID]) -> dict[UUID, Progress]:
    """Answer how far each of these batches is, in one query; one without a step is left out."""
    with connection.cursor() as cursor:
        cursor.execute(_AT, [list(batches)])
        return {batch: Progress(*row) for batch, *row in cursor.fetchall()}


def newest_finished() -> dict[UUID, UUID]:
    """Answer each suite's newest finished batch, by the suites' ids; none for one without."""
    finished = Batch.objects.filter(suite=OuterRef("pk"), state=BatchState.FINISHED)
    newest = finished.order_by("-created_at", "-pk").values("pk")[:1]
    found = Suite.objects.values_list("pk", Subquery(newest))
    return {suite: batch for suite, batch in found if batch}


def progress_by_step(batch_id: UUID) -> list[StepProgress]:
    """Answer how far each step is that was opened so far, retries as rounds of their own."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_STEP, [batch_id])
        return [StepProgress(*row) for row in cursor.fetchall()]
