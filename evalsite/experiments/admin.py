"""Experiments to declare, and what came of them to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evalsite.audit.admin import BigAdmin, ReadOnlyAdmin, TenantAdmin
from evalsite.audit.big_lists import Recent
from evalsite.experiments.models import DECLARED, Arm, Decision, Experiment, Result


@admin.register(Experiment)
class ExperimentAdmin(TenantAdmin):
    """Declared here or by `createexperiment`; the first result locks what decides."""

    list_display = ("name", "state", "primary_metric", "claim", "margin", "peek_safe", "locked_at")
    list_filter = ("state", "primary_metric", "claim", "peek_safe")
    list_select_related = ("suite",)
    search_fields = ("name", "description")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "description", "suite", "state")}),
        ("What decides", {"fields": DECLARED}),
        ("History", {"fields": ("planned_cases", "locked_at", "created_by", "created_at")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Lock the declaration with the first result."""
        always = ("locked_at", "created_by", "created_at")
        return (*always, *DECLARED) if obj is not None and obj.locked_at else always

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep what has results or decisions: an experiment is closed, not deleted."""
        if obj is not None and obj.locked_at:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Remember who declared it."""
        obj.created_by = obj.created_by or str(request.user)
        super().save_model(request, obj, form, change)


@admin.register(Result)
class ResultAdmin(BigAdmin):
    """What was recorded, task by task."""

    list_display = (
        *("recorded_at", "experiment", "task", "group", "version", "repetition"),
        *("score", "success", "reason", "latency_ms", "cost_usd"),
    )
    list_filter = (("group", Recent),)
    list_select_related = ("experiment",)
    search_fields = ("experiment__name__exact", "task__exact", "version__exact")


@admin.register(Arm)
class ArmAdmin(ReadOnlyAdmin):
    """Which batches write to which experiment, and what was seen of them while they ran."""

    list_display = (
        *("batch", "experiment", "group", "version", "against", "n_looks", "n_pairs"),
        *("low", "high", "settled", "settled_at"),
    )
    list_filter = ("group", "settled")
    list_select_related = ("experiment", "batch")
    search_fields = ("experiment__name", "=batch__id")
    ordering = ("-pk",)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """What was decided, on which figures."""

    list_display = (
        *("decided_at", "experiment", "verdict", "baseline_version", "variant_version"),
        *("n_pairs", "wins", "losses", "ties", "effect", "effect_low", "effect_high"),
    )
    list_filter = ("verdict",)
    list_select_related = ("experiment",)
    search_fields = ("experiment__name",)
    ordering = ("-decided_at",)
