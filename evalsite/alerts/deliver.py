"""Send what is due: claim an alert, mail or post it, mark it.

Neither an SMTP server nor a webhook can take part in a transaction. A deliverer that dies after
they took the message and before the row is marked sends it a second time, under the same
Message-ID or webhook-id.
"""

from __future__ import annotations

import logging
import random
import time
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from evalsite.alerts.compose import EMAIL
from evalsite.alerts.digest import gather
from evalsite.alerts.health import note_failure, note_success
from evalsite.alerts.mail import mail_of
from evalsite.alerts.models import Alert, AlertState
from evalsite.alerts.post import WebhookFailed, WebhookGone, post
from evalsite.alerts.printable import printable
from evalsite.audit.record import record_hourly
from judges.guard import Crash, attempt

log = logging.getLogger(__name__)

# After the first failure it takes an e-mail 15 minutes, and a webhook half a day, to be given up.
MAX_ATTEMPTS, MAX_POSTS = 5, 8
CLAIM_SECONDS = 300
PATIENCE_SECONDS = 60.0
_LONGEST_WAIT, _LONGEST_TOLD = 6 * 3600.0, 24 * 3600.0

_CLAIM = """
    UPDATE alerts_alert
    SET state = 'sending', attempts = attempts + 1,
        due_at = clock_timestamp() + make_interval(secs => %(seconds)s)
    WHERE id = (
        SELECT id FROM alerts_alert
        WHERE state IN ('pending', 'sending') AND delivery = 'now' AND due_at <= clock_timestamp()
          AND attempts < CASE channel WHEN 'email' THEN %(mails)s ELSE %(posts)s END
          AND CASE channel WHEN 'email' THEN '' ELSE recipient END <> ALL(%(skip)s)
        ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id
"""
_GIVE_UP = """
    UPDATE alerts_alert SET state = 'failed', error = 'the deliverer died each time'
    WHERE state = 'sending' AND due_at <= clock_timestamp()
      AND attempts >= CASE channel WHEN 'email' THEN %(mails)s ELSE %(posts)s END
"""
_TRIES = {"mails": MAX_ATTEMPTS, "posts": MAX_POSTS}


def is_due() -> bool:
    """Answer whether there is something to send or to gather for the tenant in scope."""
    waiting = Q(state__in=(AlertState.PENDING, AlertState.SENDING), due_at__lte=Now())
    return Alert.objects.filter(waiting).exists()


def deliver_due(*, limit: int = 100, claim_seconds: float = CLAIM_SECONDS) -> int:
    """Send up to `limit` alerts of the tenant in scope; answers how many were sent.

    Where one fails, what else goes the same way waits for another call: the mail server may be
    down for all, a webhook for itself. None is begun after PATIENCE_SECONDS.
    Raises RuntimeError inside a transaction: a claim must be seen by others before the mail goes.
    """
    _give_up()
    _gather()
    over = time.monotonic() + PATIENCE_SECONDS
    sent, skip = 0, list[str]()
    while sent < limit and time.monotonic() < over:
        alert = _claim(skip, seconds=claim_seconds)
        if alert is None:
            break
        if _send(alert):
            sent += 1
        else:
            skip.append(_lane(alert))
    return sent


def _lane(alert: Alert) -> str:
    """What fails together: all e-mail, or one webhook."""
    return "" if alert.channel == EMAIL else alert.recipient


def _gather() -> None:
    """Write the digests; where that breaks, what is to be sent at once is sent all the same."""
    done = attempt(gather)
    if isinstance(done, Crash):
        record_hourly("digest.failed", done.code, raised=done.reason.partition(":")[0][:100])
        log.error("no digest could be written: %s", done.reason)


def _give_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_UP, _TRIES)


@transaction.atomic(durable=True)
def _claim(skip: list[str], *, seconds: float) -> Alert | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"seconds": seconds, "skip": skip, **_TRIES})
        row = cursor.fetchone()
    alerts = Alert.objects.select_related("subscription__webhook")
    return None if row is None else alerts.get(pk=row[0])


def _send(alert: Alert) -> bool:
    try:
        if alert.channel == EMAIL:
            mail_of(alert).send()
        else:
            post(alert)
    except Exception as error:  # noqa: BLE001 - whatever a mail backend raises becomes a row
        _mark_failure(alert, error)
        return False
    _mine(alert).update(state=AlertState.SENT, sent_at=Now(), error="")
    if alert.subscription.webhook is not None:
        note_success(alert.subscription.webhook)
    return True


def _mark_failure(alert: Alert, error: Exception) -> None:
    is_gone = isinstance(error, WebhookGone)
    most = MAX_ATTEMPTS if alert.channel == EMAIL else MAX_POSTS
    given_up = is_gone or alert.attempts >= most
    _mine(alert).update(
        state=AlertState.FAILED if given_up else AlertState.PENDING,
        due_at=Now() + timedelta(seconds=_wait(alert, error)),
        error=printable(f"{type(error).__name__}: {error}", limit=1000),
    )
    if alert.subscription.webhook is not None:
        note_failure(alert.subscription.webhook, is_gone=is_gone)
    log.warning("alert %s was not sent (attempt %d): %s", alert.pk, alert.attempts, error)


def _wait(alert: Alert, error: Exception) -> float:
    """How many seconds to the next try: longer each time, and as long as the other side asks."""
    n = alert.attempts - 1
    if alert.channel == EMAIL:
        return 60.0 * pow(2.0, n)
    wait = min(15.0 * pow(4.0, n), _LONGEST_WAIT) * random.uniform(1, 1.25)
    told = error.retry_after if isinstance(error, WebhookFailed) else None
    return max(wait, min(told or 0, _LONGEST_TOLD))


def _mine(alert: Alert) -> QuerySet[Alert]:
    """The row as long as this claim holds: the attempt is the fence."""
    return Alert.objects.filter(pk=alert.pk, state=AlertState.SENDING, attempts=alert.attempts)
