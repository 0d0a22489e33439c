"""Let a webhook go."""

from __future__ import annotations

from django.db import transaction

from evalsite.alerts.models import Subscription, Webhook
from evalsite.audit.record import record
from evalsite.errors import EvalsiteError


class WebhookInUse(EvalsiteError):
    """Somebody is told by this webhook."""

    code = "webhook_in_use"
    hint = "end its subscriptions first, or switch the webhook off"


def remove_webhook(webhook: Webhook, *, actor: object = "") -> None:
    """Remove a webhook and its secret; audited. Raises WebhookInUse where it has subscriptions."""
    with transaction.atomic():
        Webhook.objects.select_for_update().get(pk=webhook.pk)
        if Subscription.objects.filter(webhook=webhook).exists():
            raise WebhookInUse(f"the webhook {webhook.name!r} has subscriptions")
        record("webhook.removed", webhook, actor=actor)
        webhook.delete()
