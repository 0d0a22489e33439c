"""Write down what subscribers are to be told; nothing is sent here."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone

from evalsite.alerts.models import Alert, Delivery, Subscription
from evalsite.alerts.mute import blank_url
from evalsite.alerts.news import News
from evalsite.alerts.payload import body_of

EMAIL = "email"


def compose(news: News) -> list[Alert]:
    """Write an alert for each subscriber, and answer all there are; a second call adds none.

    Who subscribed to the suite and to every suite is told once, as the former says; so is who
    subscribed to the target and to every target.
    """
    subject = _line(f"{news.template}-subject.txt", news.words)
    fresh = [_alert(news, to, subject=subject) for to in _subscribers(news)]
    Alert.objects.bulk_create(fresh, ignore_conflicts=True)
    return list(Alert.objects.filter(about=news.about).order_by("created_at", "pk"))


def rendered(template: str, words: dict[str, Any]) -> dict[str, str]:
    """Answer a mail's subject, text and HTML."""
    return {
        "subject": _line(f"{template}-subject.txt", words),
        "text": render_to_string(f"alerts/{template}-body.txt", words),
        "html": render_to_string(f"alerts/{template}-body.html", words),
    }


def _line(template: str, words: dict[str, Any]) -> str:
    return " ".join(render_to_string(f"alerts/{template}", words).split())[:300]


def _subscribers(news: News) -> list[Subscription]:
    """Who wants it, once, as the nearest of their subscriptions says: muted, they want none."""
    wanted = Subscription.objects.filter(
        Q(suite=news.suite) | Q(suite=None),
        Q(target=news.target) | Q(target=None),
        Q(member=None) | Q(member__user__is_active=True),
        Q(webhook=None) | Q(webhook__is_active=True),
        kinds__contains=[news.kind],
    )
    place = ("email", "webhook_id")
    nearest = (F(side).asc(nulls_last=True) for side in ("suite", "target"))
    once = wanted.order_by(*place, *nearest).distinct(*place)
    return [to for to in once.select_related("webhook") if not to.is_muted]


def _alert(news: News, to: Subscription, *, subject: str) -> Alert:
    alert = Alert(
        subscription=to,
        suite_id=news.suite,
        kind=news.kind,
        about=news.about,
        thread=news.thread,
        url=news.url,
        channel=to.webhook.kind if to.webhook else EMAIL,
        recipient=to.webhook.name if to.webhook else to.email,
        subject=subject,
        delivery=to.delivery,
        **_due(to.delivery),
    )
    if to.webhook:
        alert.text = body_of(news, subject=subject, kind=to.webhook.kind)
    else:
        words = {**news.words, "mute_url": blank_url()}
        for part, content in rendered(news.template, words).items():
            setattr(alert, part, content)
    return alert


def _due(delivery: str) -> dict[str, datetime]:
    """When it goes out: at once, or at the end of the hour or day that it falls in."""
    hour = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    if delivery == Delivery.HOURLY:
        return {"due_at": hour + timedelta(hours=1)}
    if delivery == Delivery.DAILY:
        return {"due_at": hour.replace(hour=0) + timedelta(days=1)}
    return {}
