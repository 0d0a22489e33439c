"""Pause a batch that has met a wall: its money cap, a silent endpoint, an end that breaks."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from evalsite.alerts.notice import batch_paused
from evalsite.audit.record import record
from evalsite.batches import steer
from evalsite.batches.models import Batch, BatchState
from evalsite.pipeline.owe import tell
from evalsite.pipeline.try_twice import kind_of, try_twice
from evalsite.summaries.summarize import summarize
from judges.guard import Crash


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
