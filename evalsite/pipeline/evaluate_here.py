"""Score a batch in the process that asks, by the code that the tasks call."""

from __future__ import annotations

import time
from uuid import UUID

from evalsite.batches.lease import LeaseHeld
from evalsite.batches.models import Batch, BatchState, Chunk, ChunkState, Step, StepState
from evalsite.pipeline import outbox
from evalsite.pipeline.finish import dispatch_key, finish_step
from evalsite.pipeline.score import score_chunk

# Who waits longer leaves the rest to workers and the sweeper.
MOST_SECONDS = 240.0
PAUSE_SECONDS = 0.1


def score_here(batch_id: UUID) -> Batch:
    """Score until the batch is over, beside any workers; answers it as it then is.

    No broker is needed, unless models are asked. After MOST_SECONDS it may still be running.
    """
    until = time.monotonic() + MOST_SECONDS
    while (batch := Batch.objects.get(pk=batch_id)).state == BatchState.RUNNING:
        if time.monotonic() > until:
            break
        step = Step.objects.filter(batch=batch_id, state=StepState.RUNNING).first()
        if step is not None and not _advance(step, epoch=batch.epoch):
            time.sleep(PAUSE_SECONDS)  # a worker has what is left
    return batch


def _advance(step: Step, *, epoch: int) -> bool:
    """Score what waits and finish the step; answers whether there was anything to do."""
    waiting = Chunk.objects.filter(step=step, state=ChunkState.PENDING).order_by("number")
    scored = [_scored(chunk_id, epoch=epoch) for chunk_id in waiting.values_list("pk", flat=True)]
    finished = finish_step(step.pk, by="wait")
    if finished:
        opened = Step.objects.filter(batch=step.batch_id, state=StepState.RUNNING)
        outbox.settle(*map(dispatch_key, opened.values_list("pk", flat=True)))
    return finished or any(scored)


def _scored(chunk_id: UUID, *, epoch: int) -> bool:
    try:
        return score_chunk(chunk_id, epoch=epoch, owner="evaluate")
    except LeaseHeld:
        return False
