"""Stop a batch, and let it go on."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db import connection

from evalsite.batches.marks import purged
from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.batches.plan import SKIPPED
from evalsite.errors import EvalsiteError
from evalsite.quotas.month import MONTH_QUOTA
from evalsite.quotas.require import require_batch, require_money


class BatchNotRunning(EvalsiteError):
    """Only a running batch can be paused, and only a running or paused one cancelled."""

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


class BatchImported(EvalsiteError):
    """A batch that another system judged cannot be judged here."""

    code = "batch_imported"
    hint = "record the outputs as a run, and start a batch of its own"
    exit_code = 2


class BatchPurged(EvalsiteError):
    """The scorecards of a batch are gone, so that it cannot take in more of them."""

    code = "batch_purged"
    hint = "start a new batch of the run"
    exit_code = 2


_FORGET_WAVES = """
    UPDATE batches_chunk SET wave = NULL, dispatched_at = NULL
    WHERE step_id IN (SELECT id FROM batches_step WHERE batch_id = %s AND state = 'running')
      AND state IN ('pending', 'leased')
"""


def cancel(batch_id: UUID) -> Batch:
    """Stop a batch: no chunk is claimed and no result written from here on.

    Raises BatchNotRunning.
    """
    open_ones = (BatchState.RUNNING, BatchState.PAUSED)
    stopped = Batch.objects.filter(pk=batch_id, state__in=open_ones)
    if not stopped.update(state=BatchState.CANCELLED):
        raise BatchNotRunning("the batch is over already")
    return Batch.objects.get(pk=batch_id)


def pause(batch_id: UUID, *, code: str, reason: str) -> bool:
    """Let no chunk of a running batch be claimed until somebody resumes it.

    Answers whether this call did it: of many workers that meet the same wall, one pauses. What a
    worker has judged by then it may still write.
    """
    running = Batch.objects.filter(pk=batch_id, state=BatchState.RUNNING)
    paused = running.update(state=BatchState.PAUSED, paused_code=code, paused_reason=reason)
    return paused == 1


def reopen(batch_id: UUID, *, max_cost_usd: Decimal | None = None) -> Batch:
    """Let an unfinished batch go on in the next epoch, with a new money cap if one is given.

    Finished chunks stay as they are, and a chunk that a live worker still holds is not taken from
    it. Raises BatchNotResumable, BatchImported, BatchPurged and QuotaExceeded.
    """
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.state == BatchState.FINISHED:
        raise BatchNotResumable("the batch is finished")
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_WAVES, [batch_id])
    return _next_epoch(batch, max_cost_usd=max_cost_usd)


def reopen_finished(batch_id: UUID, *, max_cost_usd: Decimal | None = None) -> Batch:
    """Let a finished batch take in another round.

    Raises BatchNotFinished, BatchImported, BatchPurged and QuotaExceeded.
    """
    batch = Batch.objects.select_for_update().get(pk=batch_id)
    if batch.state != BatchState.FINISHED:
        raise BatchNotFinished("the batch is not finished")
    return _next_epoch(batch, max_cost_usd=max_cost_usd)


def _next_epoch(batch: Batch, *, max_cost_usd: Decimal | None) -> Batch:
    if "legacy" in batch.manifest:
        raise BatchImported("the batch was judged by the old framework")
    if batch.cards_purged_at is not None:
        raise BatchPurged(f"the scorecards were {purged(batch)}")
    if batch.state not in (BatchState.RUNNING, BatchState.PAUSED):
        require_batch()
    elif batch.paused_code == MONTH_QUOTA:
        require_money()
    if max_cost_usd is not None:
        batch.max_cost_usd = max_cost_usd
    batch.state = BatchState.RUNNING
    batch.epoch += 1
    batch.finished_at = batch.texts_purged_at = None
    batch.paused_code = batch.paused_reason = ""
    changed = ["state", "epoch", "finished_at", "texts_purged_at"]
    changed += ["paused_code", "paused_reason", "max_cost_usd"]
    if batch.preflight == Preflight.NOT_CHECKED and batch.preflight_notes != [SKIPPED]:
        # Who could not be asked then may answer now.
        batch.preflight, batch.preflight_notes = Preflight.DUE, []
        changed += ["preflight", "preflight_notes"]
    batch.save(update_fields=changed)
    return batch
