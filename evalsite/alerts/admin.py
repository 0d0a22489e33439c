"""Who wants to know, and what they were told."""

from __future__ import annotations

from django.contrib import admin

from evalsite.alerts.models import Alert, Subscription
from evalsite.audit.admin import ReadOnlyAdmin, TenantAdmin


@admin.register(Subscription)
class SubscriptionAdmin(TenantAdmin):
    """People who want to know."""

    list_display = ("email", "webhook", "suite", "kinds", "delivery", "is_muted", "created_at")
    list_filter = ("delivery", "is_muted")
    list_select_related = ("suite", "webhook")
    search_fields = ("email", "suite__name")
    autocomplete_fields = ("suite",)
    ordering = ("email",)


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    """The mails, sent and unsent."""

    list_display = ("created_at", "recipient", "subject", "state", "attempts", "sent_at")
    list_filter = ("state", "kind")
    search_fields = ("recipient", "subject")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    exclude = ("html",)
