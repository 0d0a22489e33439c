"""A batch's page: what came out, whole and per slice, against its baseline, and case by case."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django_htmx.middleware import HtmxDetails

from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch, BatchState
from evalsite.gates.queries import answers_of
from evalsite.pipeline.account import in_words, resume_command
from evalsite.pipeline.report import stages_in_order
from evalsite.pipeline.reproduce import recipes, tasks_in_flower
from evalsite.regressions.queries import headline, own_comparison
from evalsite.scoring.queries import missing
from evalsite.summaries import queries as summaries
from evalsite.summaries.models import Summary
from evalsite.tenants import scope
from evalsite.tenants.models import Tenant
from evalsite.web.batch_cases import cases_of
from evalsite.web.batch_progress import progress_of
from evalsite.web.batch_steer import steering
from evalsite.web.frame.page import may, page

# The rest is a link away.
_SLICES_SHOWN: Final = 20


@page("batches")
def detail(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Show one batch of the tenant in scope, or only its cases where a script asks for those."""
    batch = get_object_or_404(Batch.objects.select_related("suite", "run__target"), pk=batch_id)
    context = {"batch": batch, **cases_of(request, batch)}
    asked = HtmxDetails(request)
    if asked.target == "cases" and not asked.history_restore_request:
        return render(request, "web/batch/_cases.html", context)
    is_running = batch.state == BatchState.RUNNING
    context |= {
        "marks": marks_of(batch),
        "is_running": is_running,
        "progress": progress_of(batch) if is_running else None,
        "steering": steering(request, batch),
        "resume": resume_command(batch) if batch.state == BatchState.PAUSED else "",
        "recipes": recipes(batch, tenant=_slug()),
        "flower": tasks_in_flower(batch) if may(request, verb="change", room="batches") else "",
        "may_share": may(request, verb="add", room="shares"),
        "may_label": may(request, verb="add", room="calibration"),
        **_found(batch),
        **_figures(batch, whole_list=request.GET.get("slices") == "all"),
    }
    return render(request, "web/batch/page.html", context)


def _found(batch: Batch) -> dict[str, Any]:
    """What the batch's own comparison found; while it goes on again, that is of before."""
    comparison = own_comparison(batch.pk) if batch.state == BatchState.FINISHED else None
    return {
        "comparison": comparison,
        "regression": headline(comparison) if comparison else None,
        "gates": answers_of(comparison) if comparison else [],
    }


def _figures(batch: Batch, *, whole_list: bool) -> dict[str, Any]:
    """The batch's summary as the page shows it; nothing of it while the batch runs."""
    whole = None if batch.state == BatchState.RUNNING else summaries.headline(batch.pk)
    slices = summaries.weakest_slices(batch.pk) if whole else Summary.objects.none()
    lost = whole.unscored + whole.errored if whole else 0
    return {
        "whole": whole,
        "judged": whole.passed + whole.failed if whole else 0,
        "lost": lost,
        "missing": missing(batch.pk) if lost else [],
        "account": in_words(batch),
        "stages": stages_in_order(batch, whole) if whole else {},
        "slices": list(slices if whole_list else slices[:_SLICES_SHOWN]),
        "n_slices": slices.count(),
        "repeated": _repeated(whole),
    }


def _repeated(whole: Summary | None) -> list[tuple[int, float, float]]:
    """Pair pass@k with pass^k for each k, where cases were repeated."""
    if whole is None or not whole.pass_at or not whole.pass_hat:
        return []
    return [
        (k, at, hat)
        for k, (at, hat) in enumerate(zip(whole.pass_at, whole.pass_hat, strict=True), start=1)
    ]


def _slug() -> str:
    return Tenant.objects.values_list("slug", flat=True).get(pk=scope.require())


urlpatterns = [path("batches/<uuid:batch_id>/", detail, name="batch")]
