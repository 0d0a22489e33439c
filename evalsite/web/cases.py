"""A suite's cases: the list with its filters, and acts on the cases that are ticked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from evalsite.cases.browse import Found, browse
from evalsite.cases.bulk import ACTS, BulkAct
from evalsite.cases.check import CaseRefused
from evalsite.cases.models import Suite, TestCase
from evalsite.cases.pretty import in_short
from evalsite.errors import UsageError
from evalsite.ids import uuid_of
from evalsite.scoring.last_verdicts import last_verdicts, newest_finished
from evalsite.web.case_filter import CaseFilter
from evalsite.web.frame.page import act, may, page

_SHOWN = 20


class NothingChosen(UsageError):
    """A bulk act without a case, or without an act."""

    code = "nothing_chosen"
    hint = "go back, tick the cases that you mean, and press a button below the list"


@page("cases")
def index(request: HttpRequest, suite: str) -> HttpResponse:
    """Show a page of the suite's cases, as the address asks."""
    found_suite = get_object_or_404(Suite, name=suite)
    form = CaseFilter(request.GET)
    wanted = form.wanted()
    found = browse(found_suite, wanted, after=_after(request))
    batch = next(iter(newest_finished(found_suite)), None)
    context = {
        "suite": found_suite,
        "form": form,
        "wanted": wanted,
        "found": found,
        "rows": _rows(found, batch),
        "batch": batch,
        "acts": ACTS if may(request, verb="change", room="cases") else {},
        "may_add": may(request, verb="add", room="cases"),
    }
    return render(request, "web/cases.html", context)


@act("cases", "change")
def bulk(request: HttpRequest, suite: str) -> HttpResponse:
    """Ask before the cases that are ticked are changed, then change them."""
    found_suite = get_object_or_404(Suite, name=suite)
    edit, cases = _chosen(request, found_suite)
    back = f"{reverse('cases', args=[suite])}?{request.GET.urlencode()}"
    context: dict[str, Any] = {"suite": found_suite, "act": edit, "total": len(cases), "back": back}
    if "confirmed" in request.POST:
        try:
            told = edit.do(
                [case.pk for case in cases],
                tag=request.POST.get("tag", ""),
                actor=request.user,
                note=request.POST.get("note", "").replace("\0", ""),
            )
        except CaseRefused as error:
            context["fault"] = error
        else:
            messages.success(request, told)
            return redirect(context["back"])
    context |= {"chosen": cases, "some": cases[:_SHOWN], "more": max(0, len(cases) - _SHOWN)}
    return render(request, "web/cases_bulk.html", context)


def _after(request: HttpRequest) -> str:
    return request.GET.get("after", "").replace("\0", "")


def _rows(found: Found, batch: Any) -> list[dict[str, Any]]:
    """Each case with what the newest finished batch said of it."""
    batches = [batch] if batch else []
    verdicts = last_verdicts(batches, cases=[row.case_id for row in found.rows])
    return [
        {
            "row": row,
            "asked": in_short(row.content.input),
            "verdict": verdicts.get((batch.pk, row.case_id)) if batch else None,
        }
        for row in found.rows
    ]


def _chosen(request: HttpRequest, suite: Suite) -> tuple[BulkAct, list[TestCase]]:
    """Read the act and the cases; raises NothingChosen."""
    edit = ACTS.get(request.POST.get("act", ""))
    ids = [pk for text in request.POST.getlist("case") if (pk := uuid_of(text))]
    cases = list(TestCase.objects.filter(suite=suite, pk__in=ids).order_by("key"))
    if edit is None or not cases:
        raise NothingChosen("no case was chosen")
    return edit, cases


urlpatterns = [
    path("suites/<slug:suite>/cases/", index, name="cases"),
    path("suites/<slug:suite>/cases/bulk/", bulk, name="cases-bulk"),
]
