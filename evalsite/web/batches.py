"""A batch's page: what came out, whole and per slice, and against its baseline."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch, BatchState
from evalsite.batches.queries import progress
from evalsite.gates.queries import answers_of
from evalsite.pipeline.account import in_words, resume_command
from evalsite.pipeline.report import stages_in_order
from evalsite.regressions.queries import headline, own_comparison
from evalsite.summaries.models import SliceKind
from evalsite.summaries.queries import of_batch
from evalsite.tenants import scope


@login_required
def detail(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show one batch of the tenant in scope; 404 for any other."""
    if scope.current() is None:
        return redirect("pick-tenant")
    batch = get_object_or_404(Batch.objects.select_related("suite", "run"), pk=batch_id)
    summaries = list(of_batch(batch.pk))
    whole = next((row for row in summaries if row.slice_kind == SliceKind.ALL), None)
    slices = [row for row in summaries if row.slice_kind != SliceKind.ALL]
    comparison = own_comparison(batch.pk)
    context = {
        "batch": batch,
        "marks": marks_of(batch),
        "whole": whole,
        "account": in_words(batch),
        "resume": resume_command(batch) if batch.state == BatchState.PAUSED else "",
        "stages": stages_in_order(batch, whole) if whole else {},
        "slices": sorted(slices, key=lambda row: (row.pass_rate is None, row.pass_rate)),
        "comparison": comparison,
        "gates": answers_of(comparison) if comparison else [],
        "regression": headline(comparison) if comparison else None,
        "progress": None if batch.state == "finished" else progress(batch.pk),
    }
    return render(request, "web/batch.html", context)


urlpatterns = [
    path("batches/<uuid:batch_id>/", detail, name="batch"),
]
