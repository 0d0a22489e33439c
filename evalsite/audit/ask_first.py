"""The page that asks before a bulk action of the admin is done."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

_SHOWN: Final = 20


def ask_first(
    page: Any, request: HttpRequest, *, rows: QuerySet[Any], title: str, told: str
) -> HttpResponse | None:
    """Answer the page that asks; None where its button was pressed, and it is to be done.

    `title` is what the button says, `told` what will follow from it.
    """
    if "confirmed" in request.POST:
        return None
    context = {
        **page.admin_site.each_context(request),
        "title": title,
        "told": told,
        "opts": page.opts,
        "total": rows.count(),
        "some": list(rows[:_SHOWN]),
        "action": request.POST.get("action"),
        "across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
    }
    return TemplateResponse(request, "admin/ask_first.html", context)
