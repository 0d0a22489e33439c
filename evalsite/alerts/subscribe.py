"""Subscribe a reader or a program, change what they want, or let them go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evalsite.alerts.models import Subscription, Webhook
from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Target

_WISHES: Final = ("kinds", "delivery", "is_muted")


class SubscriptionInvalid(EvalsiteError):
    """The subscription cannot be kept as asked."""

    code = "subscription_invalid"
    hint = "an e-mail address or the name of a webhook; a webhook has no digest"
    exit_code = 2
    http_status = 422


class WebhookUnknown(EvalsiteError):
    """There is no webhook of that name."""

    code = "webhook_unknown"
    hint = "manage.py setwebhook makes one; who has an @ is taken for an e-mail address"
    exit_code = 2
    http_status = 404


def find_webhook(name: str) -> Webhook:
    """Answer the tenant's webhook of that name; raises WebhookUnknown."""
    found = Webhook.objects.filter(name=name).first()
    if found is None:
        raise WebhookUnknown(f"there is no webhook {name!r}")
    return found


def subscribe(
    place: str,
    *,
    suite: Suite | None = None,
    target: Target | None = None,
    wishes: Mapping[str, Any],
    actor: object = "",
) -> Subscription:
    """Subscribe an e-mail address or a webhook, named, or change what it wants; audited.

    `wishes` are the fields to set: kinds, delivery, is_muted. Raises SubscriptionInvalid and
    WebhookUnknown.
    """
    known = find_subscription(place, suite=suite, target=target)
    if known is None:
        wanted = Subscription(suite=suite, target=target, **_where(place))
        try:
            with transaction.atomic():
                return change_wishes(wanted, wishes=wishes, actor=actor)
        except (IntegrityError, SubscriptionInvalid):
            known = find_subscription(place, suite=suite, target=target)
            if known is None:  # nobody was quicker
                raise
    return change_wishes(known, wishes=wishes, actor=actor)


def change_wishes(
    wanted: Subscription, *, wishes: Mapping[str, Any], actor: object = ""
) -> Subscription:
    """Set fields of a subscription, new or there already; audited. Raises SubscriptionInvalid."""
    verb = "added" if wanted._state.adding else "changed"
    before = {} if wanted._state.adding else shown(wanted, *_WISHES)
    for field, value in wishes.items():
        setattr(wanted, field, value)
    try:
        wanted.full_clean()
    except ValidationError as error:
        raise SubscriptionInvalid("; ".join(error.messages)) from None
    with transaction.atomic():
        wanted.save()
        sides = change(before, shown(wanted, *_WISHES))
        record(f"subscription.{verb}", wanted, actor=actor, **sides)
    return wanted


def unsubscribe(
    place: str, *, suite: Suite | None = None, target: Target | None = None, actor: object = ""
) -> bool:
    """Let a subscription go with what it was told and owed; answers whether there was one."""
    known = find_subscription(place, suite=suite, target=target)
    if known is None:
        return False
    end(known, actor=actor)
    return True


def end(subscription: Subscription, *, actor: object = "") -> None:
    """Let a subscription go with what it was told and owed; audited."""
    with transaction.atomic():
        before = shown(subscription, *_WISHES)
        record("subscription.removed", subscription, actor=actor, before=before)
        subscription.delete()


def find_subscription(
    place: str, *, suite: Suite | None = None, target: Target | None = None
) -> Subscription | None:
    """Answer what an e-mail address or a webhook has subscribed to: a suite, a target, or all."""
    return Subscription.objects.filter(suite=suite, target=target, **_where(place)).first()


def _where(place: str) -> dict[str, Any]:
    if "@" in place:
        return {"email": place, "webhook": None}
    return {"email": "", "webhook": find_webhook(place)}
