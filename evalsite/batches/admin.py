"""Batches and their steps, to look at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from evalsite.audit.admin import BigAdmin, ReadOnlyAdmin
from evalsite.audit.big_lists import Recent
from evalsite.batches.models import Batch, Chunk, Step


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """The tenant's batches."""

    list_display = (
        "created_at",
        "suite",
        "suite_version",
        "run",
        "pack",
        "n_cases",
        "state",
        "steps",
    )
    list_filter = ("state", "priority", ("pack", Recent), "suite", "created_at")
    show_facets = admin.ShowFacets.ALLOW
    list_select_related = ("suite", "run")
    search_fields = ("run__name", "suite__name", "=id")
    ordering = ("-pk",)
    linked_by = ("run__id__exact",)

    @admin.display(description="steps")
    def steps(self, batch: Batch) -> str:
        """Link to the steps of the batch."""
        url = reverse("admin:batches_step_changelist")
        return format_html('<a href="{}?batch__id__exact={}">steps</a>', url, batch.pk)


@admin.register(Step)
class StepAdmin(BigAdmin):
    """The steps of batches: how far, how dear, and who finished them."""

    list_display = (
        "batch", "round", "number", "lane", "state", "n_cases", "n_chunks", "remaining",
        "finished_by", "case_ms",
    )  # fmt: skip
    list_filter = ("state", ("lane", Recent), ("finished_by", Recent))
    linked_by = ("batch__id__exact",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Step]:
        """Fetch the batch with each step."""
        return super().get_queryset(request).select_related("batch")


@admin.register(Chunk)
class ChunkAdmin(BigAdmin):
    """The chunks of steps: who holds them, at which attempt."""

    list_display = ("step", "number", "n_cases", "state", "attempt", "lease_owner", "elapsed_ms")
    list_filter = ("state",)
    list_select_related = ("step__batch",)
    linked_by = ("step__id__exact",)
    exclude = ("revisions",)
