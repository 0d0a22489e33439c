"""The alerts: what is bad now, and what was told to whom."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.alerts.models import Alert, AlertKind, AlertState, Condition
from evalsite.alerts.mute import without_links
from evalsite.alerts.own import address_of
from evalsite.alerts.replay import OVER, replay
from evalsite.alerts.try_out import TEST
from evalsite.cases.models import Suite
from evalsite.web.frame.page import act, may, page
from evalsite.web.frame.paging import page_of

_KINDS: Final = (*AlertKind.choices, ("digest", "Digest"), (TEST, "Test"))
MOST_BAD = 20


@page("alerts")
def listed(request: HttpRequest) -> HttpResponse:
    """Show what is bad now, and the messages, newest first; filters stand in the address."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("suite", "kind", "state", "to")}
    alerts = Alert.objects.select_related("suite").defer("text", "html")
    bad = Condition.objects.filter(is_bad=True).select_related("suite", "target")
    context = {
        "wanted": wanted,
        "is_filtered": any(wanted.values()),
        "alerts": page_of(
            _chosen(alerts, wanted), order=("-pk",), after=request.GET.get("after", "")
        ),
        "bad": list(bad.order_by("-changed_at", "-pk")[: MOST_BAD + 1]),
        "most_bad": MOST_BAD,
        "kinds": _KINDS,
        "states": AlertState.choices,
        "suites": Suite.objects.order_by("name").values_list("name", flat=True)[:200],
        "own": address_of(request.user),
        "may_replay": may(request, verb="change", room="alerts"),
    }
    return render(request, "web/alerts.html", context)


@page("alerts")
def detail(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Show one message of the tenant in scope, but for its key to mute; 404 for any other."""
    alerts = Alert.objects.select_related("suite", "subscription__suite", "subscription__target")
    alert = get_object_or_404(alerts.defer("html"), pk=alert_id)
    context = {
        "alert": alert,
        "text": without_links(alert.text),
        "gathered": Alert.objects.filter(digest=alert).defer("text", "html").order_by("-pk")[:100],
        "may_replay": may(request, verb="change", room="alerts") and alert.state in OVER,
    }
    return render(request, "web/alert.html", context)


@act("alerts")
def send_again(request: HttpRequest) -> HttpResponse:
    """Send the ticked messages again, those that are over: the same, under the same ids."""
    ticked = list(_ids(request.POST.getlist("alert")))
    n = replay(Alert.objects.filter(pk__in=ticked), actor=request.user)
    if n:
        messages.success(request, f"{n} of {len(ticked)} will be sent again, under the same id.")
    else:
        messages.warning(request, "Nothing to send again: tick what was sent or has failed.")
    return redirect("alert", ticked[0]) if "one" in request.POST and ticked else redirect("alerts")


def _chosen(alerts: QuerySet[Alert], wanted: dict[str, str]) -> QuerySet[Alert]:
    fields = {"suite": "suite__name", "to": "recipient__iexact"}
    given = {fields.get(name, name): value for name, value in wanted.items() if value}
    return alerts.filter(**given)


def _ids(texts: list[str]) -> Any:
    for text in texts:
        with suppress(ValueError):
            yield UUID(text)


urlpatterns = [
    path("alerts/", listed, name="alerts"),
    path("alerts/again/", send_again, name="alerts-again"),
    path("alerts/<uuid:alert_id>/", detail, name="alert"),
]
