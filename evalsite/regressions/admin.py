"""Baselines to pin, and comparisons to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from evalsite.audit.admin import ReadOnlyAdmin, TenantAdmin, TenantForm
from evalsite.batches.models import Batch, BatchState
from evalsite.regressions.models import Baseline, Comparison, Regression
from evalsite.regressions.pin import pin, unpin


class BaselineForm(TenantForm):
    """A finished batch; its suite, target and client type say what it is the baseline of."""

    any_client = forms.BooleanField(
        required=False, help_text="Also of the client types that have no baseline of their own."
    )

    class Meta:
        model = Baseline
        fields = ("batch", "note")

    def clean_batch(self) -> Batch:
        """Refuse a batch that is not through."""
        batch: Batch = self.cleaned_data["batch"]
        if batch.state != BatchState.FINISHED:
            raise forms.ValidationError(f"This batch is {batch.state}: pin a finished one.")
        return batch


@admin.register(Baseline)
class BaselineAdmin(TenantAdmin):
    """The pinned batches. Pinning another for the same takes its place; `pin` keeps the trail."""

    form = BaselineForm
    autocomplete_fields = ("batch",)
    list_display = ("suite", "target", "client_type", "batch", "pinned_by", "pinned_at", "note")
    list_filter = ("suite", "target")
    list_select_related = ("suite", "target", "batch")
    ordering = ("suite", "target", "client_type")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits a pin: another is set in its place."""
        return False

    def save_model(self, request: HttpRequest, obj: Baseline, form: Any, change: bool) -> None:
        """Save through `pin`."""
        data = form.cleaned_data
        pinned = pin(
            data["batch"], note=data["note"], actor=request.user, any_client=data["any_client"]
        )
        obj.__dict__.update(pinned.__dict__)

    def delete_model(self, request: HttpRequest, obj: Baseline) -> None:
        """Delete through `unpin`."""
        unpin(obj, actor=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Baseline]) -> None:
        """Delete each through `unpin`."""
        for baseline in queryset:
            unpin(baseline, actor=request.user)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave it to `pin`."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Leave it to `unpin`."""


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
        *("comparison", "metric", "slice_kind", "slice_value", "verdict"),
        *("effect", "effect_low", "effect_high", "p_value", "p_corrected"),
        *("n_pairs", "n_clusters", "left_out", "more_cases"),
    )
    list_filter = ("verdict", "slice_kind")
    list_select_related = ("comparison",)
    search_fields = ("=comparison__batch__id", "=comparison__baseline__id", "metric")
    ordering = ("-comparison_id", "metric", "slice_kind", "slice_value")
