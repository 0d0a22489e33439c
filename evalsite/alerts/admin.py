"""Who wants to know, and what they were told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from evalsite.alerts.models import Alert, AlertKind, Condition, Subscription, Webhook
from evalsite.alerts.mute import without_links
from evalsite.alerts.replay import replay
from evalsite.alerts.set_webhook import set_webhook
from evalsite.alerts.webhook_form import WebhookForm
from evalsite.audit.admin import BigAdmin, ReadOnlyAdmin, TenantAdmin, TenantForm
from evalsite.audit.ask_first import ask_first
from evalsite.audit.big_lists import Recent


class SubscriptionForm(TenantForm):
    """A subscription with its kinds to tick."""

    kinds = forms.MultipleChoiceField(
        choices=AlertKind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=AlertKind.values,
    )


@admin.register(Subscription)
class SubscriptionAdmin(TenantAdmin):
    """People and programs who want to know."""

    form = SubscriptionForm
    list_display = ("place", "suite", "target", "kinds", "delivery", "is_muted", "created_at")
    list_filter = ("delivery", "is_muted")
    list_select_related = ("suite", "target", "webhook")
    search_fields = ("email", "webhook__name", "suite__name", "target__name")
    ordering = ("email", "webhook__name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep who is told: a subscription ends with the membership of who made it."""
        return ("email", "webhook") if obj else ()

    @admin.display(ordering="email")
    def place(self, subscription: Subscription) -> str:
        """Who is told."""
        return subscription.email or str(subscription.webhook)


@admin.register(Webhook)
class WebhookAdmin(TenantAdmin):
    """Where programs are told; all saving goes through `set_webhook`."""

    form = WebhookForm
    list_display = ("name", "kind", "base_url", "is_active", "failing_since")
    list_filter = ("kind", "is_active")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "kind", "url", "is_active", "renew")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep name and kind: alerts that are owed were written for them."""
        return ("name", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Save through `set_webhook`, and show a new secret this once."""
        url, renew = form.cleaned_data["url"], form.cleaned_data["renew"]
        made = set_webhook(obj, url=url, renew=renew, actor=request.user)
        if made is not None:
            told = f"The secret of {obj.name}, shown this once: {made.get_secret_value()}"
            messages.warning(request, told)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `set_webhook`."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `set_webhook`."""


@admin.register(Condition)
class ConditionAdmin(ReadOnlyAdmin):
    """What is bad now, and since when."""

    list_display = ("kind", "suite", "target", "client_type", "is_bad", "turn", "changed_at")
    list_filter = ("is_bad", "kind")
    list_select_related = ("suite", "target")
    search_fields = ("suite__name", "target__name")
    ordering = ("-is_bad", "-changed_at")


@admin.register(Alert)
class AlertAdmin(BigAdmin):
    """The messages, sent and unsent."""

    list_display = (
        "created_at",
        "recipient",
        "channel",
        "suite",
        "subject",
        "state",
        "attempts",
        "sent_at",
    )
    list_filter = ("state", ("kind", Recent), ("channel", Recent), "created_at")
    list_select_related = ("suite",)
    search_fields = ("recipient", "subject")
    fields = (
        *(
            "subscription",
            "suite",
            "kind",
            "about",
            "thread",
            "channel",
            "recipient",
            "subject",
            "url",
        ),
        *("message", "delivery", "digest", "state", "attempts", "due_at", "error"),
        *("created_at", "sent_at"),
    )
    readonly_fields = ("message",)
    actions = ("send_again",)

    @admin.display
    def message(self, alert: Alert) -> str:
        """The mail's text, or the body of a webhook's request."""
        return without_links(alert.text)

    @admin.action(description="Send again…", permissions=["replay"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        """Let what was sent or given up be sent again."""
        told = "Those that were sent or have failed go out again, under the same id."
        if asked := ask_first(self, request, rows=queryset, title="Send again", told=told):
            return asked
        n = replay(queryset, actor=request.user)
        self.message_user(request, f"{n} will be sent again.")
        return None

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may change subscriptions may."""
        return bool(request.user.has_perm("alerts.change_subscription"))
