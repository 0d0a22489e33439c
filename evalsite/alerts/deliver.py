"""Send what is due: claim an alert, mail it, mark it.

An SMTP server cannot take part in a transaction. A deliverer that dies after the server took the
mail and before the row is marked sends it a second time, under the same Message-ID.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from evalsite.alerts.models import Alert, AlertState
from evalsite.alerts.printable import printable

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
CLAIM_SECONDS = 300
BACKOFF_SECONDS = 60

_CLAIM = """
    UPDATE alerts_alert
    SET state = 'sending', attempts = attempts + 1,
        claimed_until = now() + make_interval(secs => %(seconds)s)
    WHERE id = (
        SELECT id FROM alerts_alert
        WHERE state IN ('pending', 'sending') AND attempts < %(attempts)s
          AND (claimed_until IS NULL OR claimed_until < now())
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""
_GIVE_UP = """
    UPDATE alerts_alert SET state = 'failed', error = 'the deliverer died each time'
    WHERE state = 'sending' AND attempts >= %(attempts)s AND claimed_until < now()
"""


def deliver_due(*, limit: int = 100) -> int:
    """Send up to `limit` alerts of the tenant in scope; answers how many were sent.

    Raises RuntimeError inside a transaction: a claim must be seen by others before the mail goes.
    """
    _give_up()
    sent = 0
    for _ in range(limit):
        alert = _claim()
        # After a failure the rest waits for the next call: the server may be down for all.
        if alert is None or not _send(alert):
            break
        sent += 1
    return sent


def _give_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, {"attempts": MAX_ATTEMPTS})


@transaction.atomic(durable=True)
def _claim() -> Alert | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"attempts": MAX_ATTEMPTS, "seconds": CLAIM_SECONDS})
        row = cursor.fetchone()
    return None if row is None else Alert.objects.get(pk=row[0])


def _send(alert: Alert) -> bool:
    try:
        _mail(alert).send()
    except Exception as error:  # noqa: BLE001 - whatever a mail backend raises becomes a row
        _mark_failure(alert, error)
        return False
    _mine(alert).update(state=AlertState.SENT, sent_at=Now(), claimed_until=None, error="")
    return True


def _mail(alert: Alert) -> EmailMultiAlternatives:
    headers = {"Message-ID": f"<{alert.pk}@evalsite>", "Auto-Submitted": "auto-generated"}
    mail = EmailMultiAlternatives(alert.subject, alert.text, to=[alert.recipient], headers=headers)
    mail.attach_alternative(alert.html, "text/html")
    return mail


def _mark_failure(alert: Alert, error: Exception) -> None:
    given_up = alert.attempts >= MAX_ATTEMPTS
    _mine(alert).update(
        state=AlertState.FAILED if given_up else AlertState.PENDING,
        claimed_until=Now() + timedelta(seconds=BACKOFF_SECONDS * 2 ** (alert.attempts - 1)),
        error=printable(f"{type(error).__name__}: {error}", limit=1000),
    )
    log.warning("alert %s was not sent (attempt %d): %s", alert.pk, alert.attempts, error)


def _mine(alert: Alert) -> QuerySet[Alert]:
    """The row as long as this claim holds: the attempt is the fence."""
    return Alert.objects.filter(pk=alert.pk, state=AlertState.SENDING, attempts=alert.attempts)
