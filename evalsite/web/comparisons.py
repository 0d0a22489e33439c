"""A comparison's page: the verdict, its proof, and the cases that it rests on."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.forms import BooleanField, CharField, Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.cases.models import TestCase
from evalsite.regressions.models import Comparison
from evalsite.regressions.pin import pin
from evalsite.web.compared.case_list import ListInvalid, case_list, read_filter
from evalsite.web.compared.csv_file import csv_lines
from evalsite.web.compared.facts import facts_of, of_page
from evalsite.web.compared.side_by_side import side_by_side
from evalsite.web.frame.page import act, may, page
from evalsite.web.frame.stream import streamed


@page("regressions")
def detail(request: HttpRequest, comparison_id: UUID) -> HttpResponse:
    """Show one comparison of the tenant in scope, and a page of its cases; 404 for any other."""
    comparison = _found(comparison_id)
    try:
        listed = case_list(comparison, request.GET)
    except ListInvalid as error:
        raise Http404(str(error)) from error
    if _is_list_alone(request):
        return render(
            request, "web/compare/_cases.html", {"comparison": comparison, "listed": listed}
        )
    context = {
        **facts_of(comparison),
        "listed": listed,
        "may_compare": may(request, verb="add", room="regressions"),
        "may_share": may(request, verb="add", room="shares"),
    }
    return render(request, "web/comparison.html", context)


@page("regressions")
def case(request: HttpRequest, *, comparison_id: UUID, case_id: UUID) -> HttpResponse:
    """Show a case of both batches side by side: a page, or the part of one for htmx."""
    comparison = _found(comparison_id)
    found = get_object_or_404(TestCase, pk=case_id, suite=comparison.batch.suite_id)
    sides = side_by_side(comparison, found)
    if sides is None:
        raise Http404("neither batch has that case")
    context = {"comparison": comparison, "case": found, "sides": sides}
    name = "_sides" if "HX-Request" in request.headers else "case"
    return render(request, f"web/compare/{name}.html", context)


@page("regressions")
def export(request: HttpRequest, comparison_id: UUID) -> HttpResponse:
    """Send the cases that the list shows as CSV, a line each, while they are read."""
    comparison = _found(comparison_id)
    try:
        wanted = read_filter(comparison, request.GET)
    except ListInvalid as error:
        raise Http404(str(error)) from error
    name = f"comparison-{comparison.pk}-{wanted.show}.csv"
    lines = csv_lines(comparison, wanted)
    return streamed(lines, content_type="text/csv", filename=name)


class PinForm(Form):
    """Why a batch becomes the baseline, and for whom."""

    note = CharField(required=False, max_length=500)
    any_client = BooleanField(required=False)


@act("regressions", "add")
def pin_baseline(request: HttpRequest, comparison_id: UUID) -> HttpResponse:
    """Make the newer batch of the comparison what later runs of its target are compared with."""
    comparison = _found(comparison_id)
    form = PinForm(request.POST)
    if form.is_valid():
        pin(comparison.batch, actor=request.user, **form.cleaned_data)
        messages.success(request, f"Pinned: later runs are compared with {comparison.batch.run}.")
    else:
        messages.error(request, "Not pinned: a note has at most 500 characters, none of them NUL.")
    return redirect("comparison", comparison.pk)


def _is_list_alone(request: HttpRequest) -> bool:
    """Whether htmx has the rest of the page already."""
    told = request.headers
    return told.get("HX-Target") == "cases" and "HX-History-Restore-Request" not in told


def _found(comparison_id: UUID) -> Comparison:
    return get_object_or_404(of_page(), pk=comparison_id)


urlpatterns = [
    path("comparisons/<uuid:comparison_id>/", detail, name="comparison"),
    path("comparisons/<uuid:comparison_id>/cases.csv", export, name="comparison-csv"),
    path("comparisons/<uuid:comparison_id>/pin/", pin_baseline, name="pin-baseline"),
    path("comparisons/<uuid:comparison_id>/cases/<uuid:case_id>/", case, name="comparison-case"),
]
