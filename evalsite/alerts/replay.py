"""Send again what was sent or given up: the same message, under the same id."""

from __future__ import annotations

from django.db.models import QuerySet
from django.db.models.functions import Now

from evalsite.alerts.models import Alert, AlertState, Delivery
from evalsite.audit.record import record

OVER = (AlertState.SENT, AlertState.FAILED)


def replay(alerts: QuerySet[Alert], *, actor: object = "") -> int:
    """Let alerts that are over be sent again; answers how many. What is under way is left alone.

    A receiver that keeps the ids it has seen takes each once.
    """
    again = alerts.filter(state__in=OVER, delivery=Delivery.NOW)
    rows = list(again.values_list("pk", flat=True))
    n = Alert.objects.filter(pk__in=rows, state__in=OVER).update(
        state=AlertState.PENDING, attempts=0, due_at=Now(), error="", sent_at=None
    )
    if n:
        record("alerts.replayed", f"{n} alerts", actor=actor, ids=[str(pk) for pk in rows[:100]])
    return n
