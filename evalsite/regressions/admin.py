"""Baselines to pin, and comparisons to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evalsite.audit.admin import BigAdmin, ReadOnlyAdmin, TenantAdmin, TenantForm
from evalsite.audit.big_lists import Recent
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
    """What each batch was found to be against its baseline; its page reads better."""

    list_display = ("created_at", "verdict", "suite", "run", "against", "chosen_by", "page")
    list_filter = ("verdict", "chosen_by", "created_at")
    list_select_related = ("batch__suite", "batch__run", "baseline__run")
    search_fields = ("=batch__id", "=baseline__id", "batch__suite__name")
    ordering = ("-pk",)
    show_facets = admin.ShowFacets.ALLOW
    fieldsets = (
        (None, {"fields": ("page", "batch", "baseline", "chosen_by", "is_own", "created_at")}),
        ("What was found", {"fields": ("verdict", "reason", "warnings", "losses")}),
        ("As programs read it", {"fields": ("attribution", "worst"), "classes": ("collapse",)}),
    )
    readonly_fields = ("page",)

    @admin.display(ordering="batch__suite__name")
    def suite(self, comparison: Comparison) -> str:
        """The suite's name."""
        return comparison.batch.suite.name

    @admin.display(ordering="batch__run__name")
    def run(self, comparison: Comparison) -> str:
        """The run that was compared."""
        return comparison.batch.run.name

    @admin.display(ordering="baseline__run__name")
    def against(self, comparison: Comparison) -> str:
        """The baseline's run."""
        return comparison.baseline.run.name

    @admin.display
    def page(self, comparison: Comparison) -> SafeString:
        """Where people read it."""
        return format_html(
            '<a href="{}">verdict and proof</a>', reverse("comparison", args=[comparison.pk])
        )


@admin.register(Regression)
class RegressionAdmin(BigAdmin):
    """What was found, metric by metric and slice by slice."""

    list_display = (
        *("metric", "slice_kind", "slice_value", "verdict", "run"),
        *("effect", "effect_low", "effect_high", "p_value", "p_corrected"),
        *("n_pairs", "n_clusters", "left_out", "more_cases"),
    )
    list_filter = ("verdict", ("slice_kind", Recent))
    list_select_related = ("comparison__batch__run",)
    search_fields = ("=comparison__batch__id", "=comparison__baseline__id", "metric")
    linked_by = ("comparison__id__exact",)

    @admin.display
    def run(self, finding: Regression) -> str:
        """The run that was compared."""
        return finding.comparison.batch.run.name
