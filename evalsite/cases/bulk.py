"""Bulk actions on the list of cases, each with a page that asks before it is done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from evalsite.cases.check import CaseRefused, check_tag
from evalsite.cases.curate import add_tag, remove_tag, set_state
from evalsite.cases.models import CaseState, TestCase

Verb = Callable[..., int]


@admin.action(description="Activate…", permissions=["change"])
def activate(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Put the chosen cases into the next batches."""
    verb = partial(set_state, state=CaseState.ACTIVE)
    return _ask_or_do(page, request, cases=cases, verb=verb, title="Activate cases")


@admin.action(description="Retire…", permissions=["change"])
def retire(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Leave the chosen cases out of the next batches; older ones keep them."""
    verb = partial(set_state, state=CaseState.RETIRED)
    return _ask_or_do(page, request, cases=cases, verb=verb, title="Retire cases")


@admin.action(description="Add a tag…", permissions=["change"])
def tag(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Give the chosen cases a tag."""
    return _ask_or_do(page, request, cases=cases, verb=add_tag, title="Add a tag", with_tag=True)


@admin.action(description="Remove a tag…", permissions=["change"])
def untag(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Take a tag from the chosen cases."""
    return _ask_or_do(
        page, request, cases=cases, verb=remove_tag, title="Remove a tag", with_tag=True
    )


ACTIONS = (activate, retire, tag, untag)


def _ask_or_do(
    page: Any,
    request: HttpRequest,
    *,
    cases: QuerySet[TestCase],
    verb: Verb,
    title: str,
    with_tag: bool = False,
) -> HttpResponse | None:
    fault = ""
    if "confirmed" in request.POST:
        try:
            wanted = {"tag": check_tag(request.POST.get("tag"))} if with_tag else {}
        except CaseRefused as error:
            fault = str(error)
        else:
            ids = list(cases.order_by().values_list("pk", flat=True))
            note = request.POST.get("note", "")
            touched = verb(ids, actor=request.user, note=note, **wanted)
            messages.success(request, f"{touched} of {len(ids)} cases changed.")
            return None
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "opts": page.model._meta,
        "total": cases.count(),
        "some": list(cases.select_related("suite")[:20]),
        "with_tag": with_tag,
        "fault": fault,
        "action": request.POST.get("action"),
        "across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
    }
    return TemplateResponse(request, "admin/cases/testcase/confirm.html", context)
