"""Where engineers look after schedules, and everybody sees what their ticks came to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evalsite.audit.admin import BigAdmin, CheckedForm
from evalsite.audit.big_lists import Recent
from evalsite.audit.verb_admin import VerbAdmin
from evalsite.schedules.models import Schedule, Tick
from evalsite.schedules.set_schedule import check_schedule, remove_schedule, set_schedule


class ScheduleForm(CheckedForm):
    """Refuses what could not work when it is due."""

    def check(self, row: Any) -> None:
        """Check it as `set_schedule` would."""
        check_schedule(row)


@admin.register(Schedule)
class ScheduleAdmin(VerbAdmin):
    """What is evaluated again and again; all saving goes through `set_schedule`."""

    form = ScheduleForm
    list_display = ("name", "kind", "suite", "target", "is_active", "next_at", "changed_at")
    list_filter = ("is_active", "kind", "suite")
    list_select_related = ("suite", "target")
    search_fields = ("name", "suite__name", "target__name")
    ordering = ("name",)
    readonly_fields = ("next_at", "read_until", "created_by", "created_at", "changed_at")

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        """Save through `set_schedule`, which says when it is due."""
        set_schedule(obj, actor=request.user)

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        """Take it away with its ticks."""
        remove_schedule(obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Take each away."""
        for obj in queryset:
            remove_schedule(obj, actor=request.user)


@admin.register(Tick)
class TickAdmin(BigAdmin):
    """What each tick came to."""

    list_display = ("due_at", "schedule", "state", "code", "reason", "batch", "begun_by")
    list_filter = ("state", ("code", Recent), "is_manual")
    list_select_related = ("schedule", "batch")
    search_fields = ("=batch__id",)
