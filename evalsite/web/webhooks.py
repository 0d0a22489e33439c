"""What a tenant's admins do with webhooks by a button; they are added in the admin."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path

from evalsite.alerts.models import Subscription, Webhook
from evalsite.alerts.remove_webhook import remove_webhook
from evalsite.alerts.set_webhook import set_webhook
from evalsite.alerts.try_out import try_out
from evalsite.web.frame.page import act


@act("alerts")
def switch(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Switch a webhook on or off; what is owed to one that is off waits for nobody."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    webhook.is_active = "on" in request.POST
    set_webhook(webhook, actor=request.user)
    told = "on" if webhook.is_active else "off"
    messages.success(request, f"The webhook {webhook.name} is switched {told}.")
    return redirect("subscriptions")


@act("alerts")
def test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send a message that says nothing, by the first of its subscriptions."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    wishes = Subscription.objects.filter(webhook=webhook).select_related("suite", "webhook")
    wish = wishes.order_by("pk").first()
    if wish is None:
        messages.error(request, f"Subscribe {webhook.name} first: what is sent needs that.")
        return redirect("subscriptions")
    alert = try_out(wish, actor=request.user)
    messages.success(request, "A test is on its way. Load this page again to see what became.")
    return redirect("alert", alert.pk)


@act("alerts", "delete")
def remove(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Remove a webhook that nobody has subscribed with."""
    webhook = get_object_or_404(Webhook, pk=webhook_id)
    remove_webhook(webhook, actor=request.user)
    messages.success(request, f"The webhook {webhook.name} is removed.")
    return redirect("subscriptions")


urlpatterns = [
    path("webhooks/<uuid:webhook_id>/switch/", switch, name="webhook-switch"),
    path("webhooks/<uuid:webhook_id>/test/", test, name="webhook-test"),
    path("webhooks/<uuid:webhook_id>/remove/", remove, name="webhook-remove"),
]
