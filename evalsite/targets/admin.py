"""Targets and runs, and the outputs to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from evalsite.audit.admin import BigAdmin, TenantAdmin
from evalsite.audit.big_lists import MOST, Recent
from evalsite.cases.pretty import pretty
from evalsite.targets.models import Output, Run, Target


@admin.register(Target)
class TargetAdmin(TenantAdmin):
    """The systems under test."""

    list_display = ("name", "description", "created_at")
    search_fields = ("name", "description")
    ordering = ("name",)


@admin.register(Run)
class RunAdmin(TenantAdmin):
    """The runs of targets. Outputs come by `manage.py importoutputs`."""

    list_display = (
        *("name", "target", "client_type", "client_version", "commit"),
        *("status", "outputs", "created_at"),
    )
    list_filter = ("status", "eval_mode", ("client_type", Recent), "target")
    show_facets = admin.ShowFacets.ALLOW
    list_select_related = ("target",)
    search_fields = ("name", "client_version", "commit")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Fetch the number of outputs with the runs."""
        outputs = Output.objects.filter(run=OuterRef("pk")).order_by()
        count = Subquery(outputs.values("run").annotate(n=Count("pk")).values("n"))
        runs: QuerySet[Run] = super().get_queryset(request)
        return runs.annotate(n_outputs=count)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Keep what outputs were recorded under; the status follows from what is done.

        A live run is opened by `manage.py openrun`, which checks how it is asked.
        """
        kept = ("status", "eval_mode", "connection")
        return (*kept, "name", "target", "completed_at") if obj else kept

    @admin.display(ordering="n_outputs")
    def outputs(self, run: Any) -> str:
        """Link to the run's outputs."""
        url = reverse("admin:targets_output_changelist")
        count = run.n_outputs or 0
        return format_html('<a href="{}?run__id__exact={}">{}</a>', url, run.pk, count)


@admin.register(Output)
class OutputAdmin(BigAdmin):
    """What the runs answered."""

    list_display = ("case", "run", "repetition", "failed", "latency_ms", "tokens_out", "cost_usd")
    list_filter = (("error", admin.EmptyFieldListFilter),)
    list_select_related = ()
    search_fields = ("case__key__exact", "run__name__exact")
    search_help_text = f"The newest {MOST:,}, or the first of a run; a whole key finds the others."
    linked_by = ("run__id__exact",)
    fields = (
        *("run", "case", "repetition", "readable_answer", "error", "latency_ms"),
        *("tokens_in", "tokens_out", "cost_usd", "recorded_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Output]:
        """Fetch cases and runs after: a join could have the planner walk those of all suites."""
        outputs: QuerySet[Output] = super().get_queryset(request)
        return outputs.prefetch_related("case", "run")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Show a run's outputs in the order of their index, which has them at any depth."""
        return ("case_id", "repetition") if "run__id__exact" in request.GET else ("-pk",)

    @admin.display(boolean=True)
    def failed(self, output: Output) -> bool:
        """Whether there is an error in place of an answer."""
        return bool(output.error)

    @admin.display(description="answer")
    def readable_answer(self, output: Output) -> str:
        """Show the answer as indented JSON."""
        return format_html("<pre>{}</pre>", pretty(output.answer))
