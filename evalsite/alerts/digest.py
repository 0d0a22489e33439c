"""Gather what a reader wants once an hour or a day into one mail."""

from __future__ import annotations

from itertools import groupby

from django.db import transaction
from django.db.models.functions import Now

from evalsite.alerts.compose import EMAIL, rendered
from evalsite.alerts.models import Alert, AlertState, Delivery
from evalsite.alerts.mute import blank_url

DIGEST = "digest"


@transaction.atomic
def gather() -> int:
    """Write a mail for each reader whose hour or day is over; answers how many.

    The rows are locked, so that of two who gather at once the second finds nothing left.
    """
    waiting = Alert.objects.select_for_update().filter(
        state=AlertState.PENDING, due_at__lte=Now(), delivery__in=(Delivery.HOURLY, Delivery.DAILY)
    )
    due = list(waiting.order_by("recipient", "delivery", "created_at", "pk"))
    groups = groupby(due, key=lambda alert: (alert.recipient, alert.delivery))
    return sum(_write(list(alerts)) for _, alerts in groups)


def _write(alerts: list[Alert]) -> bool:
    first = alerts[0]
    words = {
        "alerts": alerts,
        "period": Delivery(first.delivery).label,
        "mute_url": blank_url(),
    }
    digest = Alert.objects.create(
        subscription_id=first.subscription_id,
        kind=DIGEST,
        about=f"digest:{first.pk}",
        channel=EMAIL,
        recipient=first.recipient,
        **rendered(DIGEST, words),
    )
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(
        state=AlertState.GATHERED, digest=digest
    )
    return True
