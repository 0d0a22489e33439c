"""Take back the messages of a batch that was stopped."""

from __future__ import annotations

import logging

from evalsite.batches.models import Batch

log = logging.getLogger(__name__)


def revoke(batch: Batch) -> None:
    """Take a stopped batch's messages back; for speed: each would find it stopped anyway."""
    # Imported late, as Celery comes with it, which only a process that sends has a use for.
    from evalsite.pipeline.hurry import BrokerError, tell_workers

    stamp = stamp_of(batch.pk, epoch=batch.epoch)
    try:
        tell_workers("revoke_by_stamped_headers", headers={"batch": stamp})
    except BrokerError as error:
        log.warning("messages of batch %s are not revoked: %s", batch.pk, error)


def stamp_of(batch_id: object, *, epoch: int) -> str:
    """Answer the stamp of a batch's messages; it holds the epoch, or a resume would be revoked."""
    return f"{batch_id}:{epoch}"
