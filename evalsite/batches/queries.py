"""Questions about batches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum, TextField
from django.db.models.functions import Cast

from evalsite.batches.models import Batch, BatchState, Chunk, ChunkState, Step
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


def progress_by_step(batch_id: UUID) -> list[StepProgress]:
    """Answer how far each step is that was opened so far, retries as rounds of their own."""
    repetitions = Batch.objects.values_list("repetitions", flat=True).get(pk=batch_id)
    steps = Step.objects.filter(batch=batch_id).order_by("round", "number")
    over = Q(state__in=(ChunkState.DONE, ChunkState.FAILED))
    counted = (
        Chunk.objects.filter(step__in=steps.values("pk"))
        .values("step_id")
        .annotate(
            chunks=Count("pk", filter=over),
            failed=Count("pk", filter=Q(state=ChunkState.FAILED)),
            cases=Sum("n_cases", filter=over, default=0),
            written=Sum("n_written", filter=~over, default=0),
        )
    )
    seen: dict[UUID, Mapping[str, Any]] = {row["step_id"]: row for row in counted.order_by()}
    return [_progress_of(step, seen.get(step.pk, {}), repetitions=repetitions) for step in steps]


def _progress_of(step: Step, counts: Mapping[str, Any], *, repetitions: int) -> StepProgress:
    return StepProgress(
        round=step.round,
        number=step.number,
        lane=step.lane,
        stages=step.stages,
        state=step.state,
        n_chunks=step.n_chunks,
        chunks_done=counts.get("chunks", 0),
        chunks_failed=counts.get("failed", 0),
        n_cases=step.n_cases,
        cases_done=counts.get("cases", 0) + counts.get("written", 0) // repetitions,
        started_at=step.started_at,
        finished_at=step.finished_at,
    )
