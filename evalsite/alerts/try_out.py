"""Try a subscription out: write it a message that says nothing, but for that it came."""

from __future__ import annotations

import json

from django.db import transaction
from uuid_utils.compat import uuid7

from evalsite.alerts.compose import EMAIL, rendered
from evalsite.alerts.models import Alert, Subscription, WebhookKind
from evalsite.alerts.mute import blank_url
from evalsite.alerts.payload import envelope
from evalsite.audit.record import record

TEST = "test"


def try_out(subscription: Subscription, *, actor: object = "") -> Alert:
    """Write a test alert for the subscription; deliver sends it as any other. Audited."""
    alert = Alert(
        subscription=subscription,
        kind=TEST,
        about=f"test:{uuid7()}",
        channel=EMAIL,
        recipient=subscription.email,
    )
    words = {"wish": subscription, "mute_url": blank_url()}
    for part, content in rendered(TEST, words).items():
        setattr(alert, part, content)
    webhook = subscription.webhook
    if webhook is not None:
        alert.channel, alert.recipient, alert.html = webhook.kind, webhook.name, ""
        alert.text = envelope("webhook.test", {"subject": alert.subject})
        if webhook.kind == WebhookKind.SLACK:
            alert.text = json.dumps({"text": alert.subject})
    with transaction.atomic():
        alert.save()
        record("subscription.tried_out", subscription, actor=actor, alert=str(alert.pk))
    return alert
