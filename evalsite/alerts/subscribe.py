"""Subscribe a reader or a program, change what they want, or let them go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from evalsite.alerts.models import Subscription, Webhook
from evalsite.audit.record import record
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError


class SubscriptionInvalid(EvalsiteError):
    """The subscription cannot be kept as asked."""

    code = "subscription_invalid"
    hint = "an e-mail address or the name of a webhook; a webhook has no digest"
    exit_code = 2


class WebhookUnknown(EvalsiteError):
    """There is no webhook of that name."""

    code = "webhook_unknown"
    hint = "manage.py setwebhook makes one; who has an @ is taken for an e-mail address"
    exit_code = 2


def find_webhook(name: str) -> Webhook:
    """Answer the tenant's webhook of that name; raises WebhookUnknown."""
    found = Webhook.objects.filter(name=name).first()
    if found is None:
        raise WebhookUnknown(f"there is no webhook {name!r}")
    return found


def subscribe(
    place: str, *, suite: Suite | None = None, wishes: Mapping[str, Any], actor: object = ""
) -> Subscription:
    """Subscribe an e-mail address or a webhook, named, or change what it wants; audited.

    `wishes` are the fields to set: kinds, delivery, is_muted. Raises SubscriptionInvalid and
    WebhookUnknown.
    """
    known = find_subscription(place, suite=suite)
    wanted = known or Subscription(suite=suite, **_where(place))
    for field, value in wishes.items():
        setattr(wanted, field, value)
    try:
        wanted.full_clean()
    except ValidationError as error:
        raise SubscriptionInvalid("; ".join(error.messages)) from None
    with transaction.atomic():
        wanted.save()
        verb = "changed" if known else "added"
        record(f"subscription.{verb}", wanted, actor=actor, **wishes)
    return wanted


def unsubscribe(place: str, *, suite: Suite | None = None, actor: object = "") -> bool:
    """Let a subscription go with what it was told and owed; answers whether there was one."""
    known = find_subscription(place, suite=suite)
    if known is None:
        return False
    with transaction.atomic():
        record("subscription.removed", known, actor=actor)
        known.delete()
    return True


def find_subscription(place: str, *, suite: Suite | None = None) -> Subscription | None:
    """Answer what an e-mail address or a webhook has subscribed to a suite, or to all."""
    return Subscription.objects.filter(suite=suite, **_where(place)).first()


def _where(place: str) -> dict[str, Any]:
    if "@" in place:
        return {"email": place, "webhook": None}
    return {"email": "", "webhook": find_webhook(place)}
