"""Shifts to look at and to take note of, and the series that are watched."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.audit.big_lists import Recent
from evalsite.trends.models import Shift, Watch
from evalsite.trends.seen import mark_seen


@admin.register(Shift)
class ShiftAdmin(ReadOnlyAdmin):
    """What changed its level, where, and how sure that is."""

    list_display = (
        "found_at",
        "suite",
        "target",
        "metric",
        "version",
        "before",
        "after",
        "is_harm",
        "p_corrected",
        "state",
    )
    list_filter = ("state", "is_harm", ("metric", Recent), "found_at")
    list_select_related = ("suite", "target")
    search_fields = ("suite__name", "target__name", "version")
    ordering = ("-pk",)
    actions = ("mark_as_seen",)

    @admin.action(description="Mark as seen", permissions=["see"])
    def mark_as_seen(self, request: HttpRequest, queryset: QuerySet[Shift]) -> None:
        """Take note of the shifts chosen."""
        n = mark_seen(queryset, actor=request.user)
        self.message_user(request, f"{n} marked as seen.")

    def has_see_permission(self, request: HttpRequest) -> bool:
        """Whoever may change things of this room may take note."""
        return request.user.has_perm("trends.change_shift")


@admin.register(Watch)
class WatchAdmin(ReadOnlyAdmin):
    """How strongly each series speaks for a shift."""

    list_display = ("suite", "target", "client_type", "metric", "n_versions", "evidence", "since")
    list_filter = (("metric", Recent),)
    list_select_related = ("suite", "target")
    search_fields = ("suite__name", "target__name")
    ordering = ("-evidence",)
