"""Stop a batch, and let it go on."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from evalsite.batches.models import Batch, BatchState
from evalsite.errors import EvalsiteError


class BatchNotRunning(EvalsiteError):
    """Only a running batch can be cancelled."""

    code = "batch_not_running"
    exit_code = 2


class BatchNotResumable(EvalsiteError):
    """A finished batch has nothing left to resume."""

    code = "batch_not_resumable"
    hint = "a finished batch can only retry its cases without a verdict: --retry-errored"
    exit_code = 2


class BatchNotFinished(EvalsiteError):
    """Cases can be retried when the batch is over."""

    code = "batch_not_finished"
    hint = "wait for it, or resume it"
    exit_code = 2


_FORGET_WAVES = """
    UPDATE batches_chunk SET wave = NULL, dispatched_at = NULL
    WHERE step_id IN (SELECT id FROM batches_step WHERE batch_id = %s AND state = 'running')
      AND state IN ('pending', 'leased')
"""


def cancel(batch_id: UUID) -> Batch:
    """Stop a running batch: no chunk is claimed and no result written from here on.

    Raises BatchNotRunning.
    """
    stopped = Batch.objects.filter(pk=batch_id, state=BatchState.RUNNING)
    if not stopped.update(state=BatchState.CANCELLED):
        raise BatchNotRunning("the batch is over already")
    return Batch.objects.get(pk=batch_id)


def reopen(batch_id: UUID) -> Batch:
    """Let an unfinished batch go on in the next epoch; finished chunks stay as they are.

    A chunk that a live worker still holds is not taken from it. Raises BatchNotResumable.
    """
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.state == BatchState.FINISHED:
        raise BatchNotResumable("the batch is finished")
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_WAVES, [batch_id])
    return _next_epoch(batch)


def reopen_finished(batch_id: UUID) -> Batch:
    """Let a finished batch take in another round; raises BatchNotFinished."""
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.state != BatchState.FINISHED:
        raise BatchNotFinished("the batch is not finished")
    return _next_epoch(batch)


def _next_epoch(batch: Batch) -> Batch:
    batch.state = BatchState.RUNNING
    batch.epoch += 1
    batch.finished_at = None
    batch.save(update_fields=["state", "epoch", "finished_at"])
    return batch
