"""A case's page: what it asks and expects, how it came to be so, and what batches said of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from evalsite.cases.models import TestCase
from evalsite.cases.pretty import Part, changes, parts
from evalsite.cases.queries import history
from evalsite.scoring.last_verdicts import last_verdicts, newest_finished
from evalsite.web.frame.page import may, page
from packs.protocol import PackError
from packs.registry import PACKS

_MOST_REVISIONS = 20
_MOST_BATCHES = 20


@page("cases")
def detail(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case of the tenant in scope; 404 for any other."""
    case = get_object_or_404(TestCase.objects.select_related("suite"), pk=case_id)
    revisions = history(case, most=_MOST_REVISIONS + 1)
    context = {
        "case": case,
        "suite": case.suite,
        "sides": _sides(case),
        "changes": changes(revisions)[:_MOST_REVISIONS],
        "results": _results(case),
        "may_change": may(request, verb="change", room="cases"),
    }
    return render(request, "web/case.html", context)


def _sides(case: TestCase) -> list[tuple[str, list[Part]]]:
    """Input, expected and metadata, in the order in which the pack's schemas name the members."""
    try:
        pack = PACKS.load(case.suite.pack).value
    except PackError:  # a plug-in that is not installed any more: its cases stay readable
        orders: dict[str, list[str]] = {}
    else:
        orders = {"input": [*pack.Input.model_fields], "expected": [*pack.Expected.model_fields]}
    names = ("input", "expected", "metadata")
    return [(name, parts(getattr(case, name), first=orders.get(name, ()))) for name in names]


def _results(case: TestCase) -> list[dict[str, Any]]:
    """What the suite's last batches said of the case, the newest first."""
    batches = newest_finished(case.suite, most=_MOST_BATCHES)
    verdicts = last_verdicts(batches, cases=[case.pk])
    found = ((batch, verdicts.get((batch.pk, case.pk))) for batch in batches)
    return [{"batch": batch, "verdict": verdict} for batch, verdict in found if verdict]


urlpatterns = [
    path("cases/<uuid:case_id>/", detail, name="case"),
]
