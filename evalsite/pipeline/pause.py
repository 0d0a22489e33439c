"""Pause a batch: at a wall (money cap, silent endpoint, an end that breaks), or by hand."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction

from evalsite.alerts.notice import batch_paused
from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.batches import steer
from evalsite.batches.models import Batch, BatchState
from evalsite.pipeline.owe import tell
from evalsite.pipeline.try_twice import kind_of, try_twice
from evalsite.summaries.summarize import summarize
from judges.guard import Crash

BY_HAND: Final = "paused_by_hand"
_AUDITED: Final = ("state", "paused_code")


def pause(batch_id: UUID, *, code: str, reason: str) -> bool:
    """Pause a running batch, summarise what is there, tell of it; answers whether this call did it.

    The reason may quote what an endpoint said, so only the code is audited.
    """
    with transaction.atomic():
        paused = steer.pause(batch_id, code=code, reason=reason)
        if paused:
            summarize_stopped(Batch.objects.get(pk=batch_id))
            record("batch.paused", batch_id, actor="worker", code=code)
            tell(batch_paused, batch_id)
    return paused


def pause_by_hand(batch_id: UUID, *, actor: object) -> Batch:
    """Pause a running batch for a person, and summarise what is there; raises BatchNotRunning.

    What workers have in hand they may still write; nothing is begun until somebody resumes it.
    """
    with transaction.atomic():
        before = shown(Batch.objects.select_for_update(no_key=True).get(pk=batch_id), *_AUDITED)
        if not steer.pause(batch_id, code=BY_HAND, reason=f"{str(actor)[:200]} paused it"):
            raise steer.BatchNotRunning(f"the batch is {before['state']}")
        batch = Batch.objects.get(pk=batch_id)
        summarize_stopped(batch)
        record("batch.paused", batch_id, actor=actor, **change(before, shown(batch, *_AUDITED)))
    return batch


def summarize_stopped(batch: Batch) -> None:
    """Summarise what is there; one that breaks is audited, and keeps no batch from stopping."""
    done = try_twice(summarize, batch)
    if isinstance(done, Crash):
        record("batch.summary_failed", batch.pk, actor="worker", raised=kind_of(done))


def summarize_paused(batch_id: UUID) -> None:
    """Count in what another worker has written since the batch was paused, if it still is."""
    with transaction.atomic():
        paused = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.PAUSED)
        if (batch := paused.first()) is not None:
            summarize(batch)
