"""Pause a batch that has met a wall: its money cap, or an endpoint that does not answer."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from evalsite.alerts.notice import batch_paused
from evalsite.audit.record import record
from evalsite.batches import steer
from evalsite.batches.models import Batch, BatchState
from evalsite.pipeline.owe import owe
from evalsite.summaries.summarize import summarize


def pause(batch_id: UUID, *, code: str, reason: str) -> bool:
    """Pause a running batch, summarise what is there, tell of it; answers whether this call did it.

    The reason may quote what an endpoint said, so only the code is audited.
    """
    with transaction.atomic():
        paused = steer.pause(batch_id, code=code, reason=reason)
        if paused:
            summarize(Batch.objects.get(pk=batch_id))
            record("batch.paused", batch_id, actor="worker", code=code)
            owe(batch_paused(batch_id))
    return paused


def summarize_paused(batch_id: UUID) -> None:
    """Count in what another worker has written since the batch was paused, if it still is."""
    with transaction.atomic():
        paused = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.PAUSED)
        if (batch := paused.first()) is not None:
            summarize(batch)
