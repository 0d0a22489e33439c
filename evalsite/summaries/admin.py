"""Summaries to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import ReadOnlyAdmin
from evalsite.summaries.models import Summary


@admin.register(Summary)
class SummaryAdmin(ReadOnlyAdmin):
    """A batch's figures, slice by slice."""

    list_display = (
        "batch",
        "slice_kind",
        "slice_value",
        "n",
        "passed",
        "failed",
        "unscored",
        "errored",
        "pass_rate",
        "mean_score",
    )
    list_filter = ("slice_kind",)
    search_fields = ("=batch__id", "slice_value")
    ordering = ("-batch_id", "slice_kind", "slice_value")
