"""A tenant's suites, found by name and pack, and one of them with its latest batches."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.cases.queries import state_counts
from evalsite.cases.tally import tally
from evalsite.regressions.queries import own_headlines
from evalsite.summaries.queries import headlines
from evalsite.web.frame.page import may, page
from evalsite.web.frame.paging import page_of
from evalsite.web.home import standings

LATEST: Final = 10


@page("cases")
def index(request: HttpRequest) -> HttpResponse:
    """Show the suites whose name or description has `q`, of one pack if `pack` says so."""
    q, pack = (request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "pack"))
    suites = Suite.objects.all()
    if q:
        suites = suites.filter(name__icontains=q) | suites.filter(description__icontains=q)
    if pack:
        suites = suites.filter(pack=pack)
    shown = page_of(suites, order=("name",), after=request.GET.get("after", ""))
    counts = state_counts(suite.pk for suite in shown.rows)
    rows = [(standing, counts.get(standing.suite.pk, {})) for standing in standings(shown.rows)]
    context = {
        "rows": rows,
        "next": shown.next,
        "q": q,
        "pack": pack,
        "packs": list(Suite.objects.order_by("pack").values_list("pack", flat=True).distinct()),
        "may_add_cases": may(request, verb="add", room="cases"),
    }
    return render(request, "web/suites.html", context)


@page("cases")
def detail(request: HttpRequest, suite: str) -> HttpResponse:
    """Show one suite of the tenant in scope; 404 for any other."""
    found = get_object_or_404(Suite, name=suite)
    [standing] = standings([found])
    context = {
        "suite": found,
        "standing": standing,
        "tally": tally(found),
        "latest": _latest(found),
        "may_add_cases": may(request, verb="add", room="cases"),
        "may_start": may(request, verb="add", room="batches"),
    }
    return render(request, "web/suite.html", context)


def _latest(suite: Suite) -> list[dict[str, Any]]:
    """Answer the newest batches in any state, each with its figures and its own verdict, if any."""
    newest = Batch.objects.filter(suite=suite).select_related("run").defer("manifest")
    batches = list(newest.order_by("-created_at", "-pk")[:LATEST])
    ids = [batch.pk for batch in batches]
    whole = {one.batch_id: one for one in headlines(ids)}
    found = {one.comparison.batch_id: one for one in own_headlines(ids)}
    return [
        {"batch": batch, "whole": whole.get(batch.pk), "found": found.get(batch.pk)}
        for batch in batches
    ]


urlpatterns = [
    path("suites/", index, name="suites"),
    path("suites/<slug:suite>/", detail, name="suite"),
]
