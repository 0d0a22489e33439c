"""Comparisons to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.regressions.models import Comparison, Regression


@admin.register(Comparison)
class ComparisonAdmin(ReadOnlyAdmin):
    """What each batch was found to be against its baseline."""

    list_display = ("created_at", "batch", "baseline", "chosen_by", "verdict")
    list_filter = ("verdict", "chosen_by")
    list_select_related = ("batch", "baseline")
    search_fields = ("=batch__id", "=baseline__id", "batch__suite__name")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"


@admin.register(Regression)
class RegressionAdmin(ReadOnlyAdmin):
    """What was found, metric by metric and slice by slice."""

    list_display = (
        "comparison",
        "metric",
        "slice_kind",
        "slice_value",
        "verdict",
        "effect",
        "effect_low",
        "effect_high",
        "p_value",
        "p_corrected",
        "n_pairs",
        "left_out",
    )
    list_filter = ("verdict", "slice_kind")
    list_select_related = ("comparison",)
    search_fields = ("=comparison__batch__id", "=comparison__baseline__id", "metric")
    ordering = ("-comparison_id", "metric", "slice_kind", "slice_value")
