"""The list of batches: what came of each, and two of them to compare."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from evalsite.batches.models import Batch
from evalsite.regressions.queries import own_headlines
from evalsite.summaries.queries import headlines
from evalsite.web.batch_filter import BatchFilter
from evalsite.web.frame.page import may, page
from evalsite.web.frame.paging import page_of


@page("batches")
def index(request: HttpRequest) -> HttpResponse:
    """Show a page of the tenant's batches, newest first, as the address asks."""
    form = BatchFilter(request.GET)
    after = request.GET.get("after", "")
    batches = page_of(form.batches(), order=("-created_at", "-pk"), after=after)
    context = {
        "form": form,
        "rows": _rows(batches.rows),
        "next": batches.next,
        "after": after,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        "may_start": may(request, verb="add", room="batches"),
    }
    return render(request, "web/batches.html", context)


def _rows(batches: list[Batch]) -> list[dict[str, Any]]:
    """Each batch with its whole figures and with what its own comparison found, if there are."""
    ids = [batch.pk for batch in batches]
    summaries = {row.batch_id: row for row in headlines(ids)}
    found = {row.comparison.batch_id: row for row in own_headlines(ids)}
    return [
        {"batch": batch, "whole": summaries.get(batch.pk), "found": found.get(batch.pk)}
        for batch in batches
    ]


urlpatterns = [path("batches/", index, name="batches")]
