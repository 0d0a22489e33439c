"""Summaries to look at."""

from __future__ import annotations

from django.contrib import admin

from evalsite.audit.admin import BigAdmin
from evalsite.audit.big_lists import Recent
from evalsite.summaries.models import Summary


@admin.register(Summary)
class SummaryAdmin(BigAdmin):
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
    list_filter = (("slice_kind", Recent),)
    search_fields = ("=batch__id", "slice_value")
    list_select_related = ("batch__suite", "batch__run")
    linked_by = ("batch__id__exact",)
