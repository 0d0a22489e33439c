"""Subscriptions: everybody looks after their own; who runs the tenant, after all of them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme

from evalsite.alerts.models import AlertKind, Delivery, Subscription, Webhook, every_kind
from evalsite.alerts.own import (
    SubscriptionNotYours,
    address_of,
    own_subscriptions,
    require_own,
    subscribe_self,
)
from evalsite.alerts.subscribe import change_wishes, end, subscribe
from evalsite.alerts.try_out import try_out
from evalsite.cases.models import Suite
from evalsite.cases.queries import find_suite
from evalsite.endpoints.guard import origin
from evalsite.targets.models import Target
from evalsite.targets.queries import find_target
from evalsite.web.frame.page import act, may, page
from evalsite.web.frame.paging import page_of

_MOST: Final = 200


class WishForm(forms.Form):
    """What a subscriber wants."""

    every_kind = forms.BooleanField(required=False)
    kinds = forms.MultipleChoiceField(required=False, choices=AlertKind.choices)
    delivery = forms.ChoiceField(choices=Delivery.choices)

    def wishes(self) -> dict[str, Any]:
        """Answer the fields to set; a subscription refuses to be about nothing."""
        if not self.is_valid():
            raise Http404("no page of ours sends that")
        given = self.cleaned_data
        kinds = every_kind() if given["every_kind"] else given["kinds"]
        return {"kinds": kinds, "delivery": given["delivery"]}


@page("alerts")
def listed(request: HttpRequest) -> HttpResponse:
    """Show one's own subscriptions; to who may change them, all of them and the webhooks."""
    runs_it = may(request, verb="change", room="alerts")
    names = {
        "suites": Suite.objects.order_by("name").values_list("name", flat=True)[:_MOST],
        "targets": Target.objects.order_by("name").values_list("name", flat=True)[:_MOST],
        "kinds": AlertKind.choices,
        "deliveries": Delivery.choices,
    }
    context: dict[str, Any] = {
        "own": own_subscriptions(request.user).order_by("-pk")[:_MOST],
        "address": address_of(request.user),
        "runs_it": runs_it,
        **names,
    }
    if runs_it:
        every = Subscription.objects.select_related("suite", "target", "webhook")
        hooks = Webhook.objects.order_by("name")[:_MOST]
        context["every"] = page_of(every, order=("-pk",), after=request.GET.get("after", ""))
        context["webhooks"] = [(hook, origin(hook.base_url)) for hook in hooks]
    return render(request, "web/subscriptions.html", context)


@act("alerts", "view")
def add(request: HttpRequest) -> HttpResponse:
    """Subscribe oneself; or somebody else, or a webhook, where one may."""
    given = request.POST
    place = given.get("place", "").strip()
    suite = find_suite(given["suite"]) if given.get("suite") else None
    target = find_target(given["target"]) if given.get("target") else None
    wishes = WishForm(given).wishes()
    if not place or place.lower() == address_of(request.user).lower():
        made = subscribe_self(request.user, suite=suite, target=target, wishes=wishes)
    elif may(request, verb="change", room="alerts"):
        made = subscribe(place, suite=suite, target=target, wishes=wishes, actor=request.user)
    else:
        raise SubscriptionNotYours("only an admin may subscribe somebody else")
    messages.success(request, f"Subscribed: {made}.")
    return _back(request)


@act("alerts", "view")
def change(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Change what a subscription wants, mute or unmute it, or end it."""
    wish = get_object_or_404(
        Subscription.objects.select_related("suite", "target", "webhook"), pk=subscription_id
    )
    if not may(request, verb="change", room="alerts"):
        require_own(wish, request.user)
    do = request.POST.get("do")
    if do == "end":
        end(wish, actor=request.user)
        messages.success(request, f"Ended: {wish}.")
        return _back(request)
    muting = {"mute": {"is_muted": True}, "unmute": {"is_muted": False}}
    change_wishes(
        wish, wishes=muting.get(str(do)) or WishForm(request.POST).wishes(), actor=request.user
    )
    told = {"mute": "Muted", "unmute": "Unmuted"}.get(str(do), "Saved")
    messages.success(request, f"{told}: {wish}.")
    return _back(request)


@act("alerts")
def test(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Send a message that says nothing; its page tells whether it was taken."""
    subscriptions = Subscription.objects.select_related("suite", "target", "webhook")
    alert = try_out(get_object_or_404(subscriptions, pk=subscription_id), actor=request.user)
    messages.success(request, "A test is on its way. Load this page again to see what became.")
    return redirect("alert", alert.pk)


def _back(request: HttpRequest) -> HttpResponse:
    """Lead back to the page of ours that the form stood on."""
    place = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(place, allowed_hosts=None)
    return redirect(place if place and is_ours else "subscriptions")


urlpatterns = [
    path("subscriptions/", listed, name="subscriptions"),
    path("subscriptions/add/", add, name="subscribe"),
    path("subscriptions/<uuid:subscription_id>/", change, name="subscription"),
    path("subscriptions/<uuid:subscription_id>/test/", test, name="subscription-test"),
]
