"""Pick two batches of a suite and compare them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path

from evalsite.batches.models import Batch, BatchState
from evalsite.batches.queries import BatchUnknown, recent
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.regressions.ask import ask_comparison
from evalsite.regressions.models import Comparison
from evalsite.regressions.vet import ComparisonRefused, vet
from evalsite.web.frame.page import act, may, page

_OFFERED: Final = 100
_RECENT: Final = 20
_NOT_TOLD: Final = ("attribution", "worst", "losses", "batch__manifest", "baseline__manifest")


@page("regressions")
def pick(request: HttpRequest) -> HttpResponse:
    """Offer the finished batches of a suite; two of them lead to their comparison.

    What cannot be compared is told at the form, with its code and what helps.
    """
    asked, error, pair = request.GET, None, None
    try:
        pair = _pair(asked)
        made = _made(pair) if pair else None
        if made is not None:
            return redirect("comparison", made.pk)
        warnings = vet(*pair) if pair else []
    except EvalsiteError as refused:
        error, warnings = refused, []
    context = {
        **_offered(asked, pair),
        "pair": None if error else pair,
        "warnings": warnings,
        "error": error,
        "may_compare": may(request, verb="add", room="regressions"),
        "recent": _recent_pairs(),
    }
    return render(request, "web/compare.html", context, status=error.http_status if error else 200)


@act("regressions", "add")
def make(request: HttpRequest) -> HttpResponse:
    """Compare the two batches that a form names, and lead to what was found."""
    pair = _pair(request.POST)
    if pair is None:
        raise ComparisonRefused("a comparison needs two batches")
    batch, baseline = pair
    vet(batch, baseline)
    made = ask_comparison(batch, baseline=str(baseline.pk), actor=request.user)
    messages.success(request, f"Compared: {made.get_verdict_display().lower()}.")
    return redirect("comparison", made.pk)


def _pair(asked: QueryDict) -> tuple[Batch, Batch] | None:
    """Answer the two batches that are asked for; None until both are. Raises BatchUnknown."""
    names = [asked.get(side, "").strip() for side in ("batch", "baseline")]
    if not all(names):
        return None
    return _batch(names[0]), _batch(names[1])


def _batch(name: str) -> Batch:
    batches = Batch.objects.select_related("suite", "run__target")
    try:
        return batches.get(pk=UUID(name))
    except (ValueError, ValidationError, Batch.DoesNotExist):
        raise BatchUnknown(f"there is no batch {name!r:.60}") from None


def _made(pair: tuple[Batch, Batch]) -> Comparison | None:
    return Comparison.objects.filter(batch=pair[0], baseline=pair[1]).only("pk").first()


def _offered(asked: QueryDict, pair: tuple[Batch, Batch] | None) -> dict[str, Any]:
    """The suites, and the newest finished batches of the one that is chosen."""
    suites = list(Suite.objects.order_by("name"))
    name = pair[0].suite.name if pair else asked.get("suite", "")
    suite = next((suite for suite in suites if suite.name == name), None)
    batches = list(_finished().filter(suite=suite)[:_OFFERED]) if suite else []
    chosen = {side: asked.get(side, "") for side in ("batch", "baseline")}
    return {"suites": suites, "suite": suite, "batches": batches, "chosen": chosen}


def _finished() -> QuerySet[Batch]:
    return recent().filter(state=BatchState.FINISHED).defer("manifest")


def _recent_pairs() -> list[Comparison]:
    made = Comparison.objects.select_related("batch__suite", "batch__run", "baseline__run")
    return list(made.defer(*_NOT_TOLD).order_by("-created_at", "-pk")[:_RECENT])


urlpatterns = [
    path("compare/", pick, name="compare"),
    path("compare/make/", make, name="compare-make"),
]
