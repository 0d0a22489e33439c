"""Make a test case, or the next revision of one, of what a batch has shown."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from evalsite.cases.curate import save_case
from evalsite.web.card.answers import answers_of
from evalsite.web.card.links import filters_of
from evalsite.web.card.new_case import NewCaseForm, first_values
from evalsite.web.frame.page import page
from evalsite.web.scorecards import find_card


@page("cases", "add")
def add(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Show the form, filled with the case; on POST save it, as the history's newest revision."""
    card = find_card(card_id)
    if request.method == "POST":
        form = NewCaseForm(card, request.POST)
        if form.is_valid():
            return _saved(request, form)
    else:
        wants_output = request.GET.get("expected") == "output"
        answer = answers_of(card).now.answer if wants_output else None
        form = NewCaseForm(card, initial=first_values(card, answer=answer))
    context = {"card": card, "form": form, "filters": filters_of(request)}
    status = 422 if form.is_bound else 200
    return render(request, "web/card/new_case.html", context, status=status)


def _saved(request: HttpRequest, form: NewCaseForm) -> HttpResponse:
    given, is_new = form.cleaned_data, form.existing is None
    case = save_case(
        given["suite"],
        form.case_fields(),
        based_on=form.based_on,
        actor=request.user,
        note=given["note"],
    )
    done = "is in" if is_new else f"has revision {case.revision_number} in"
    messages.success(request, f"{case.key} {done} {given['suite']} now. The next batch asks it so.")
    return redirect("case", case.pk)


urlpatterns = [
    path("scorecards/<uuid:card_id>/add/", add, name="card-to-case"),
]
