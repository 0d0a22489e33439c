"""Where owners say how long what is kept, and admins see it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.audit.verb_admin import VerbAdmin
from evalsite.retention.hold import hold, release
from evalsite.retention.models import Hold, Kind, Policy, Receipt
from evalsite.retention.set_policy import set_policy


@admin.register(Policy)
class PolicyAdmin(VerbAdmin):
    """The tenant's policy: one, changed and never deleted."""

    list_display = ("__str__", "changed_at", "next_at")
    fields = (*Kind.values,)
    readonly_fields = ("changed_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Add the first only."""
        return super().has_add_permission(request) and not Policy.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Empty fields keep for good."""
        return False

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        """Set it."""
        obj.pk = set_policy(obj.days(), actor=request.user).pk


@admin.register(Hold)
class HoldAdmin(VerbAdmin):
    """Legal holds: placed and released, never changed."""

    list_display = ("__str__", "reason", "placed_by", "placed_at")
    list_select_related = ("suite", "batch", "run")
    fields = ("suite", "batch", "run", "reason")
    ordering = ("-placed_at",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Release it, and place another."""
        return False

    def save_model(self, request: HttpRequest, obj: Hold, form: Any, change: bool) -> None:
        """Place it."""
        obj.pk = hold(obj.suite or obj.batch or obj.run, reason=obj.reason, actor=request.user).pk

    def delete_model(self, request: HttpRequest, obj: Hold) -> None:
        """Release it."""
        release(obj.pk, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Release them."""
        for obj in queryset:
            release(obj.pk, actor=request.user)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """What was purged."""

    list_display = ("kind", "n", "n_bytes", "cutoff", "started_at", "finished_at")
    list_filter = ("kind",)
    ordering = ("-finished_at",)
