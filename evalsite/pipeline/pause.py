"""Pause a batch that has met a wall: its money cap, or an endpoint that does not answer."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from evalsite.audit.record import record
from evalsite.batches import steer
from evalsite.batches.models import Batch
from evalsite.summaries.summarize import summarize


def pause(batch_id: UUID, *, code: str, reason: str) -> bool:
    """Pause a running batch, and summarise what is there; answers whether this call did it.

    The reason may quote what an endpoint said, so only the code is audited.
    """
    with transaction.atomic():
        paused = steer.pause(batch_id, code=code, reason=reason)
        if paused:
            summarize(Batch.objects.get(pk=batch_id))
            record("batch.paused", batch_id, actor="worker", code=code)
    return paused
