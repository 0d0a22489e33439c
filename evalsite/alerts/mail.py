"""Make an alert the e-mail that it is: both parts, and headers that programs read."""

from __future__ import annotations

from uuid import UUID

from django.core.mail import EmailMultiAlternatives

from evalsite.alerts.models import Alert
from evalsite.alerts.mute import mute_url, with_links

KIND_HEADER = "X-Evalsite-Kind"


def mail_of(alert: Alert) -> EmailMultiAlternatives:
    """Answer the mail; its Message-ID is the alert's own, however often it is sent."""
    mute = mute_url(_muted_by(alert))
    headers = {
        "Message-ID": message_id(alert),
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{mute}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        KIND_HEADER: alert.kind,
    }
    if (begun := _beginning(alert)) is not None:
        headers["In-Reply-To"] = headers["References"] = message_id(begun)
    text, html = (with_links(part, mute=mute) for part in (alert.text, alert.html))
    mail = EmailMultiAlternatives(alert.subject, text, to=[alert.recipient], headers=headers)
    mail.attach_alternative(html, "text/html")
    return mail


def message_id(alert: Alert) -> str:
    """Answer the Message-ID."""
    return f"<{alert.pk}@evalsite>"


def _muted_by(alert: Alert) -> list[UUID]:
    gathered = Alert.objects.filter(digest=alert).values_list("subscription_id", flat=True)
    return list(gathered.order_by("subscription_id").distinct()) or [alert.subscription_id]


def _beginning(alert: Alert) -> Alert | None:
    """The mail that began the thread, if the same reader got it: alone, or in a digest."""
    if alert.thread in ("", alert.about):
        return None
    begun = Alert.objects.filter(about=alert.thread, recipient=alert.recipient)
    first = begun.select_related("digest").first()
    return first.digest or first if first else None
