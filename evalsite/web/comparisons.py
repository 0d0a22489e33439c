"""A comparison's page: the verdict and its proof, which the mails link to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.alerts.cases import shown_cases
from evalsite.batches.marks import marks_of
from evalsite.gates.queries import answers_of
from evalsite.regressions import words
from evalsite.regressions.models import Comparison, Regression, Verdict
from evalsite.regressions.queries import headline
from evalsite.summaries.models import SliceKind
from evalsite.tenants import scope

MOST_SLICES = 50
MOST_CASES = 20
_ORDER = (Verdict.REGRESSED, Verdict.IMPROVED, Verdict.NO_DIFFERENCE, Verdict.INCONCLUSIVE)


@login_required
def detail(request: HttpRequest, comparison_id: UUID) -> HttpResponse:
    """Show one comparison of the tenant in scope; 404 for any other."""
    if scope.current() is None:
        return redirect("pick-tenant")
    comparisons = Comparison.objects.select_related("batch__suite", "batch__run", "baseline__run")
    comparison = get_object_or_404(comparisons, pk=comparison_id)
    findings = list(comparison.findings.order_by("pk"))
    whole = headline(comparison)
    slices = _slices(findings)
    context = {
        "comparison": comparison,
        "batch": comparison.batch,
        "baseline": comparison.baseline,
        "whole": _row(whole),
        "chosen": words.how_chosen(comparison),
        "more_cases": words.more_cases(whole),
        "losses": words.losses(comparison),
        "gates": answers_of(comparison),
        "marks": marks_of(comparison.batch),
        "metrics": [_row(found) for found in findings if found.slice_kind == SliceKind.ALL],
        "slices": [_row(found) for found in slices[:MOST_SLICES]],
        "n_slices": len(slices),
        "attribution": list(words.attribution(comparison)),
        "cases": shown_cases(comparison, limit=MOST_CASES),
    }
    return render(request, "web/comparison.html", context)


def _slices(findings: Iterable[Regression]) -> list[Regression]:
    """The pass rate in each slice: what changed first, then the biggest difference."""
    parts = [f for f in findings if f.slice_kind != SliceKind.ALL and f.metric == "pass_rate"]
    return sorted(parts, key=lambda f: (_ORDER.index(Verdict(f.verdict)), -abs(f.effect or 0)))


def _row(found: Regression) -> dict[str, Any]:
    return {"found": found, **words.told(found)._asdict()}


urlpatterns = [
    path("comparisons/<uuid:comparison_id>/", detail, name="comparison"),
]
