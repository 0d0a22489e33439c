"""The page of one case in one batch: what was asked, expected and answered, and why it was judged
so.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django_htmx.middleware import HtmxDetails

from evalsite.batches.marks import marks_of
from evalsite.calibration.queries import labels_of
from evalsite.retention.gone import why_gone
from evalsite.scoring.models import Scorecard
from evalsite.web.card.answers import Answers, answers_of
from evalsite.web.card.links import links_of, origin_of, repetitions_of
from evalsite.web.card.override import OverrideForm
from evalsite.web.card.past import history_of
from evalsite.web.card.values import members, whole
from evalsite.web.frame.page import may, page

_JOINED: Final = ("batch__suite", "batch__run", "revision__case")
_PARTS: Final = ("input", "expected", "output", "baseline")


@page("scoring")
def detail(request: HttpRequest, card_id: UUID) -> HttpResponse:
    """Show a scorecard of the tenant in scope; a side panel gets its inner part only."""
    card = find_card(card_id)
    asked = HtmxDetails(request)
    is_panel = bool(asked) and not asked.boosted
    template = "web/card/inner.html" if is_panel else "web/card/page.html"
    return render(request, template, {**_shown(request, card), "is_panel": is_panel})


@page("scoring")
def part(request: HttpRequest, card_id: UUID, *, name: str) -> HttpResponse:
    """Send the input, expected value or output whole, as a file of plain text."""
    card = find_card(card_id)
    value = _part(card, name)
    if value is None:
        raise Http404("nothing is recorded there")
    file = HttpResponse(whole(value), content_type="text/plain; charset=utf-8")
    file["Content-Disposition"] = f'attachment; filename="{name}-{card.pk}.txt"'
    return file


def find_card(card_id: UUID) -> Scorecard:
    """Answer a scorecard of the tenant in scope with what it belongs to.

    Raises ScorecardPurged where a policy took it, and Http404 where there was none.
    """
    card = Scorecard.objects.select_related(*_JOINED).filter(pk=card_id).first()
    if card is None:
        raise why_gone(card_id) or Http404("there is no such scorecard")
    return card


def _shown(request: HttpRequest, card: Scorecard) -> dict[str, Any]:
    from evalsite.web.card.stages import stages_of

    answers, labels = answers_of(card), labels_of(card)
    answer = answers.now.answer
    return {
        "card": card,
        "batch": card.batch,
        "key": card.revision.case.key,
        "marks": marks_of(card.batch),
        "stages": stages_of(card, answer=answer),
        "input": members(card.revision.input),
        "expected": members(card.revision.expected),
        "output": members(answer),
        "answers": answers,
        **_differences(card, answers),
        "standing": [label for label in labels if label.withdrawn_at is None],
        "withdrawn": [label for label in labels if label.withdrawn_at is not None],
        "override": OverrideForm(card) if may(request, verb="add", room="calibration") else None,
        "may_withdraw": may(request, verb="change", room="calibration"),
        "may_add": may(request, verb="add", room="cases"),
        "history": history_of(card),
        "links": links_of(request, card),
        "repetitions": repetitions_of(card),
        "origin": origin_of(card),
    }


def _differences(card: Scorecard, answers: Answers) -> dict[str, Any]:
    now, before = answers.now, answers.before
    if now.answer is None:
        return {}
    from evalsite.web.card.differences import from_before, from_expected

    expected = from_expected(card.revision.expected, now.answer, manifest=card.batch.manifest)
    if before is None or before.answer is None:
        return {"from_expected": expected}
    return {"from_expected": expected, "from_before": from_before(before.answer, now.answer)}


def _part(card: Scorecard, name: str) -> Any:
    if name in ("input", "expected"):
        return getattr(card.revision, name)
    answers = answers_of(card)
    shown = answers.now if name == "output" else answers.before
    return shown.answer if shown else None


urlpatterns = [
    path("scorecards/<uuid:card_id>/", detail, name="card"),
    *(
        path(f"scorecards/<uuid:card_id>/{name}/", part, {"name": name}, name=f"card-{name}")
        for name in _PARTS
    ),
]
