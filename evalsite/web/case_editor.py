"""Write a case: a new one, or a new revision of one, by the pack's form or as raw JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.cases.case_places import blame, case_slots, members, new_case
from evalsite.cases.check import CaseRefused
from evalsite.cases.curate import CaseChanged, CaseExists, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.cases.pretty import changes
from evalsite.cases.strict_json import JsonRefused
from evalsite.cases.written import Place, read, typed, written
from evalsite.errors import EvalsiteError
from evalsite.web.frame.page import page
from packs.protocol import PackError

Refusal = EvalsiteError | PackError
_MOST_CHANGES = 20


class _Editor:
    """One request to edit a case, from what the browser sent to the page it gets back."""

    def __init__(self, request: HttpRequest, suite: Suite, *, case: TestCase | None) -> None:
        self.request = request
        self.suite = suite
        self.case = case
        self.as_json = request.GET.get("as") == "json"
        self.before: Mapping[str, Any] = members(case) if case else new_case()
        self.slots = case_slots(suite, is_new=case is None, as_json=self.as_json)
        self.general: list[tuple[str, str, str]] = []
        self.meanwhile: list[Any] = []

    def answer(self) -> HttpResponse:
        """Show the form; take what was typed, and lead to the case if it could be saved."""
        if self.request.method != "POST":
            return self._page(written(self.slots, self.before))
        places = typed(self.slots, self.request.POST.dict())
        said = read(places, before=self.before)
        if any(place.faults for place in places):
            return self._page(places, status=422)
        key = {} if self.case is None else {"key": self.case.key}
        try:
            saved = self._save({**said, **key})
        except CaseChanged as error:
            return self._conflict(places, error)
        except (CaseRefused, PackError, JsonRefused, CaseExists) as error:
            self._blame(places, error)
            return self._page(places, status=409 if isinstance(error, CaseExists) else 422)
        messages.success(
            self.request, f"Saved: {saved.key} is at revision {saved.revision_number}."
        )
        return redirect("case", case_id=saved.pk)

    def _save(self, fields: Mapping[str, Any]) -> TestCase:
        based_on = self._based_on() if self.case else 0
        note = self.request.POST.get("note", "")[:500].replace("\0", "")
        return save_case(self.suite, fields, based_on=based_on, actor=self.request.user, note=note)

    def _based_on(self) -> int:
        """The revision that the writer saw; what is no number is none of them."""
        given = self.request.POST.get("based_on", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else -1

    def _blame(self, places: list[Place], error: Refusal) -> None:
        fault = (error.code, error.message, error.hint)
        path = "key" if isinstance(error, CaseExists) else str(getattr(error, "path", ""))
        if not blame(places, path=path, fault=fault):
            self.general.append(fault)

    def _conflict(self, places: list[Place], error: CaseChanged) -> HttpResponse:
        """Show what the other one changed beside what is typed here; saving again is known."""
        self.general.append((error.code, error.message, "look at both, mend yours, and save again"))
        newer = Revision.objects.filter(case=self.case, number__gte=max(1, self._based_on()))
        self.meanwhile = changes(list(newer.order_by("-number")[: _MOST_CHANGES + 1]))[:-1]
        return self._page(places, status=409)

    def _page(self, places: list[Place], *, status: int = 200) -> HttpResponse:
        context = {
            "suite": self.suite,
            "case": self.case,
            "as_json": self.as_json,
            "places": places,
            "first": [place for place in places if place.slot.name == "key"],
            "content": [place for place in places if _is_content(place)],
            "own": [p for p in places if not _is_content(p) and p.slot.name != "key"],
            "faults": self.general,
            "n_faults": len(self.general) + sum(len(place.faults) for place in places),
            "meanwhile": self.meanwhile,
            "based_on": self.case.revision_number if self.case else 0,
            "note": self.request.POST.get("note", ""),
        }
        return render(self.request, "web/case_edit.html", context, status=status)


def _is_content(place: Place) -> bool:
    return place.slot.path[0] in ("input", "expected")


@page("cases", "change")
def edit(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Edit a case."""
    case = get_object_or_404(TestCase.objects.select_related("suite"), pk=case_id)
    return _Editor(request, case.suite, case=case).answer()


@page("cases", "add")
def new(request: HttpRequest, suite: str) -> HttpResponse:
    """Write a new case of a suite."""
    return _Editor(request, get_object_or_404(Suite, name=suite), case=None).answer()


urlpatterns = [
    path("cases/<uuid:case_id>/edit/", edit, name="case-edit"),
    path("suites/<slug:suite>/cases/new/", new, name="case-new"),
]
