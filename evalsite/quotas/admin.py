"""Quotas: a tenant's people read theirs, and only operators (superusers) set it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from evalsite.audit.admin import ReadOnlyAdmin, TenantAdmin
from evalsite.quotas.models import Quota, Spending, Turn
from evalsite.quotas.set_quota import LIMITS, set_quota


@admin.register(Quota)
class QuotaAdmin(TenantAdmin):
    """The tenant's one quota."""

    list_display = ("tenant", *LIMITS, "changed_at")
    fields = LIMITS

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let an operator add the one that is missing."""
        return _is_operator(request) and not Quota.objects.exists()

    def has_change_permission(self, request: HttpRequest, obj: Quota | None = None) -> bool:
        """Let operators only."""
        return _is_operator(request)

    def has_delete_permission(self, request: HttpRequest, obj: Quota | None = None) -> bool:
        """A quota without limits is none: there is nothing to delete."""
        return False

    def save_model(self, request: HttpRequest, obj: Quota, form: Any, change: bool) -> None:
        """Save by the verb, which audits it."""
        saved = set_quota(actor=request.user, **{name: getattr(obj, name) for name in LIMITS})
        obj.pk = saved.pk

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record nothing more: the verb has."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Record nothing more: the verb has."""


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    """What was spent on models, month by month."""

    list_display = ("month", "spent_usd", "booked_usd")
    ordering = ("-month",)


@admin.register(Turn)
class TurnAdmin(ReadOnlyAdmin):
    """Where the tenant stands in the rotation of each lane."""

    list_display = ("lane", "passed", "n_sent")
    ordering = ("lane",)


def _is_operator(request: HttpRequest) -> bool:
    return request.user.is_active and bool(request.user.is_superuser)
