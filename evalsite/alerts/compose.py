"""Write down what subscribers are to be told; nothing is sent here."""

from __future__ import annotations

from django.db.models import F, Q
from django.template.loader import render_to_string

from evalsite.alerts.models import Alert, AlertKind, Subscription
from evalsite.alerts.wording import wording_of
from evalsite.regressions.models import Comparison, Verdict


def compose(comparison: Comparison) -> list[Alert]:
    """Write and answer an alert for each subscriber; a second call adds none.

    Only a verdict of regressed is told. Who subscribed to the suite and to every suite is told
    once.
    """
    if comparison.verdict != Verdict.REGRESSED:
        return []
    mail = _render(comparison)
    alerts = [
        Alert(
            subscription=subscription,
            comparison=comparison,
            kind=AlertKind.REGRESSION,
            recipient=subscription.email,
            **mail,
        )
        for subscription in _subscribers(comparison)
    ]
    Alert.objects.bulk_create(alerts, ignore_conflicts=True)
    return list(Alert.objects.filter(comparison=comparison).order_by("created_at", "pk"))


def _subscribers(comparison: Comparison) -> list[Subscription]:
    suite = comparison.batch.suite_id
    wanted = Subscription.objects.filter(
        Q(suite=suite) | Q(suite=None), kind=AlertKind.REGRESSION, is_muted=False
    )
    return list(wanted.order_by("email", F("suite").asc(nulls_last=True)).distinct("email"))


def _render(comparison: Comparison) -> dict[str, str]:
    wording = wording_of(comparison)
    subject = render_to_string("alerts/regression-subject.txt", wording)
    return {
        "subject": " ".join(subject.split())[:300],
        "text": render_to_string("alerts/regression-body.txt", wording),
        "html": render_to_string("alerts/regression-body.html", wording),
    }
