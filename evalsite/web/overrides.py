"""Overrule a machine's verdict on a case, and take that back. The machine's own stays."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse

from evalsite.calibration.label import put, withdraw
from evalsite.calibration.models import Label, LabelSource
from evalsite.scoring.models import Scorecard
from evalsite.web.card.links import filters_of
from evalsite.web.card.override import OverrideForm
from evalsite.web.frame.page import act
from evalsite.web.scorecards import find_card


@act("calibration", "add")
def overrule(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Give the case a person's verdict; a form that is not filled in is shown again."""
    card = find_card(card_id)
    form = OverrideForm(card, request.POST)
    if not form.is_valid():
        context = {
            "card": card,
            "batch": card.batch,
            "override": form,
            "key": card.revision.case.key,
        }
        return render(request, "web/card/overrule.html", context, status=422)
    given = form.cleaned_data
    put(card, **given, author=request.user, source=LabelSource.OVERRIDE)
    verdict = "passed" if given["passed"] else "failed"
    messages.success(
        request, f"Your verdict is noted: {verdict}. The machine's own stays beside it."
    )
    return _back(request, card)


@act("calibration", "change")
def take_back(request: HttpRequest, card_id: UUID, *, label_id: UUID) -> HttpResponse:
    """Withdraw a person's verdict on this case; it stays in the list, with who gave it."""
    card = find_card(card_id)
    label = get_object_or_404(Label, pk=label_id, batch=card.batch_id, revision=card.revision_id)
    withdraw(label, by=request.user)
    messages.success(request, "The verdict is withdrawn, and counts no more.")
    return _back(request, card)


def _back(request: HttpRequest, card: Scorecard) -> HttpResponse:
    return redirect(f"{reverse('card', args=[card.pk])}{filters_of(request)}")


urlpatterns = [
    path("scorecards/<uuid:card_id>/overrule/", overrule, name="card-overrule"),
    path(
        "scorecards/<uuid:card_id>/labels/<uuid:label_id>/withdraw/",
        take_back,
        name="card-withdraw",
    ),
]
