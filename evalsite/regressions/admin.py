"""Comparisons to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.regressions.models import Regression


@admin.register(Regression)
class RegressionAdmin(ReadOnlyAdmin):
    """What each batch was found to be against its baseline."""

    list_display = (
        "created_at",
        "batch",
        "verdict",
        "effect",
        "effect_low",
        "effect_high",
        "p_value",
        "n_pairs",
        "left_out",
    )
    list_filter = ("verdict",)
    list_select_related = ("batch",)
    search_fields = ("=batch__id", "=baseline__id", "batch__suite__name")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
