"""Note how a webhook does, and switch off one that has failed for days."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from evalsite.alerts.models import Webhook
from evalsite.audit.record import record

log = logging.getLogger(__name__)

PATIENCE_DAYS: Final = 3


def note_success(webhook: Webhook) -> None:
    """Forget that it failed."""
    Webhook.objects.filter(pk=webhook.pk, failing_since__isnull=False).update(failing_since=None)


def note_failure(webhook: Webhook, *, is_gone: bool) -> None:
    """Note since when it fails; after PATIENCE_DAYS, or at once if it is gone, switch it off.

    That is audited, and nothing more is owed to it until somebody switches it on.
    """
    known = Webhook.objects.filter(pk=webhook.pk, is_active=True)
    known.update(failing_since=Coalesce("failing_since", Now()))
    given_up = known if is_gone else known.filter(failing_since__lt=Now() - _PATIENCE)
    with transaction.atomic():
        if given_up.update(is_active=False):
            sides = {"before": {"is_active": True}, "after": {"is_active": False}}
            record("webhook.switched_off", webhook, actor="worker", gone=is_gone, **sides)
            log.warning("webhook %s of tenant %s is switched off", webhook, webhook.tenant_id)


_PATIENCE: Final = timedelta(days=PATIENCE_DAYS)
