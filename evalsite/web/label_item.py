"""One case of a queue at a time: what was asked and answered, and Pass, Fail or Skip."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.calibration import work
from evalsite.calibration.label import LabelInvalid
from evalsite.calibration.models import LONGEST_NOTE, Label, Queue, QueueItem
from evalsite.calibration.progress import progress_of
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Output
from evalsite.web.card.values import members
from evalsite.web.frame.page import act, page
from evalsite.web.shown_rubric import rubric_of_stage

_JOINED = ("batch__suite", "batch__run")
_SAYS = {"pass": True, "fail": False}


@page("calibration", "add")
def following(request: HttpRequest, queue_id: UUID) -> HttpResponse:
    """Show the next case for the reader, and hold it for them; or say why there is none."""
    queue = _queue(queue_id)
    item = work.take(queue, who=str(request.user))
    if item is not None:
        return render(request, "web/label_item.html", _shown(request, queue, item=item))
    context = {"queue": queue, "progress": _progress(request, queue)}
    return render(request, "web/label_none.html", context)


@page("calibration", "add")
def one(request: HttpRequest, *, queue_id: UUID, number: int) -> HttpResponse:
    """Show one case of a queue, such as the last one answered, to think better of it."""
    queue = _queue(queue_id)
    item = get_object_or_404(QueueItem, queue=queue, number=number)
    return render(request, "web/label_item.html", _shown(request, queue, item=item))


@act("calibration", "add")
def answer(request: HttpRequest, *, queue_id: UUID, number: int) -> HttpResponse:
    """Take the reader's answer, and lead to the next case."""
    queue = _queue(queue_id)
    item = get_object_or_404(QueueItem, queue=queue, number=number)
    said, note = request.POST.get("verdict", ""), request.POST.get("note", "")
    try:
        if said in _SAYS:
            work.answer(item, who=request.user, passed=_SAYS[said], note=note)
            messages.success(request, _told(queue, item, passed=_SAYS[said]))
        elif said == "skip":
            work.skip(item, who=request.user)
            messages.info(request, f"Case {number} is left to others.")
    except work.ItemTaken as error:
        messages.warning(request, f"Not noted: {error.message}. Here is the next one.")
    except LabelInvalid as error:
        messages.error(request, f"Not noted: {error.message}.")
        return render(
            request, "web/label_item.html", _shown(request, queue, item=item, note=note), status=422
        )
    return redirect("labels-next", queue.pk)


def _queue(queue_id: UUID) -> Queue:
    return get_object_or_404(Queue.objects.select_related(*_JOINED), pk=queue_id)


def _told(queue: Queue, item: QueueItem, *, passed: bool) -> str:
    machine = _machine(queue, item)
    return (
        f"Case {item.number} is noted: {'passed' if passed else 'failed'}. "
        f"The machine says {machine or 'nothing that is still kept'}."
    )


def _machine(queue: Queue, item: QueueItem) -> str:
    """What the machine said of what is asked; blank where its scorecard is gone."""
    card = _card(queue, item)
    if card is None:
        return ""
    return str(card.stages.get(queue.stage, {}).get("status", "") if queue.stage else card.status)


def _card(queue: Queue, item: QueueItem) -> Scorecard | None:
    cards = Scorecard.objects.filter(batch=queue.batch_id, revision=item.revision_id)
    return cards.filter(repetition=item.repetition).defer("details").first()


def _shown(
    request: HttpRequest, queue: Queue, *, item: QueueItem, note: str | None = None
) -> dict[str, Any]:
    who = str(request.user)
    own = Label.objects.filter(
        batch=queue.batch_id, revision=item.revision_id, repetition=item.repetition,
        stage=queue.stage, author=who, withdrawn_at=None,
    ).first()  # fmt: skip
    case = item.revision.case_id
    outputs = Output.objects.filter(run=queue.batch.run_id, case=case, repetition=item.repetition)
    output = outputs.first()
    is_answered = who in item.answered_by
    is_shown = is_answered or not queue.is_blind
    return {
        "queue": queue,
        "item": item,
        "input": members(item.revision.input),
        "expected": members(item.revision.expected),
        "output": members(output.answer) if output and output.answer is not None else None,
        "output_error": output.error if output else "",
        "rubric": rubric_of_stage(queue.batch.manifest, queue.stage),
        "machine": _machine(queue, item) if is_shown else "",
        "card": _card(queue, item) if is_shown else None,
        "is_shown": is_shown,
        "own": own if is_answered else None,
        "note": note if note is not None else (own.note if own else ""),
        "longest": LONGEST_NOTE,
        "progress": _progress(request, queue),
    }


def _progress(request: HttpRequest, queue: Queue) -> Any:
    return progress_of([queue], who=str(request.user))[queue.pk]


urlpatterns = [
    path("labels/<uuid:queue_id>/next/", following, name="labels-next"),
    path("labels/<uuid:queue_id>/<int:number>/", one, name="labels-item"),
    path("labels/<uuid:queue_id>/<int:number>/answer/", answer, name="labels-answer"),
]
