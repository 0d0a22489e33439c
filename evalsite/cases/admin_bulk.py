"""Bulk actions on the admin's list of cases, each with a page that asks before it is done."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from evalsite.cases.bulk import ACTS, BulkAct
from evalsite.cases.check import CaseRefused
from evalsite.cases.models import TestCase

_SHOWN = 20


@admin.action(description="Activate…", permissions=["change"])
def activate(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Put the chosen cases into the next batches."""
    return _ask_or_do(page, request, cases=cases, act=ACTS["activate"])


@admin.action(description="Retire…", permissions=["change"])
def retire(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Leave the chosen cases out of the next batches; older ones keep them."""
    return _ask_or_do(page, request, cases=cases, act=ACTS["retire"])


@admin.action(description="Add a tag…", permissions=["change"])
def tag(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Give the chosen cases a tag."""
    return _ask_or_do(page, request, cases=cases, act=ACTS["tag"])


@admin.action(description="Remove a tag…", permissions=["change"])
def untag(page: Any, request: HttpRequest, cases: QuerySet[TestCase]) -> HttpResponse | None:
    """Take a tag from the chosen cases."""
    return _ask_or_do(page, request, cases=cases, act=ACTS["untag"])


ACTIONS = (activate, retire, tag, untag)


def _ask_or_do(
    page: Any, request: HttpRequest, *, cases: QuerySet[TestCase], act: BulkAct
) -> HttpResponse | None:
    fault: CaseRefused | None = None
    if "confirmed" in request.POST:
        ids = list(cases.order_by().values_list("pk", flat=True))
        words = {name: request.POST.get(name, "") for name in ("tag", "note")}
        try:
            messages.success(request, act.do(ids, actor=request.user, **words))
        except CaseRefused as error:
            fault = error
        else:
            return None
    total = cases.count()
    context = {
        **page.admin_site.each_context(request),
        "title": act.title,
        "act": act,
        "opts": page.model._meta,
        "total": total,
        "some": list(cases.select_related("suite")[:_SHOWN]),
        "more": max(0, total - _SHOWN),
        "fault": fault,
        "action": request.POST.get("action"),
        "across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
    }
    return TemplateResponse(request, "admin/cases/testcase/confirm.html", context)
