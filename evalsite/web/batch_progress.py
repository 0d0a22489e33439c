"""How far a running batch is: a part of its page that asks for itself again and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, NamedTuple, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django_htmx.middleware import HtmxDetails

from evalsite.batches.models import Batch, BatchState, StepState
from evalsite.batches.pace import Pace, in_words, pace
from evalsite.batches.queries import StepProgress, progress_by_step
from evalsite.summaries.partial import RECENT_SECONDS, Partial, partial
from evalsite.web.frame.page import page

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# What tells htmx to ask no more.
_STOP: Final = 286


class Step(NamedTuple):
    """A step as it is shown: its figures, its pace, and a bar in hundredths."""

    at: StepProgress
    pace: Pace
    left: str

    @property
    def percent(self) -> float:
        """How much of its cases is done, 0 to 100."""
        return 100 * self.at.cases_done / self.at.n_cases if self.at.n_cases else 100.0


class Progress(NamedTuple):
    """What is known of a running batch."""

    steps: list[Step]
    so_far: Partial


def _kept_to_ask(view: View[P]) -> View[P]:
    """Let the browser keep an answer, but ask each time whether it is still so.

    Without a change it is told 304, and the page stays as it is.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if response.status_code != 200:
            return response
        etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        response["ETag"] = etag
        response["Cache-Control"] = "private, no-cache"
        same = get_conditional_response(request, etag=etag, response=response)
        return same if isinstance(same, HttpResponse) else response

    made: Any = answered
    kept: View[P] = made
    return kept


@_kept_to_ask
@page("batches")
def progress(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Answer how far the batch is; once it runs no more, have the page show itself anew."""
    batch = get_object_or_404(Batch, pk=batch_id)
    if not HtmxDetails(request):
        return redirect("batch", batch_id=batch.pk)
    if batch.state != BatchState.RUNNING:
        return HttpResponse(status=_STOP, headers={"HX-Refresh": "true"})
    context: dict[str, Any] = {"batch": batch, "progress": progress_of(batch)}
    return render(request, "web/batch/_progress.html", context)


def progress_of(batch: Batch) -> Progress:
    """Answer how far a running batch is, with figures that are partial."""
    so_far = partial(batch.pk, repetitions=batch.repetitions)
    steps = progress_by_step(batch.pk)
    recent = so_far.recent / batch.repetitions
    return Progress([_step(step, recent=recent) for step in steps], so_far)


def _step(step: StepProgress, *, recent: float) -> Step:
    if step.state != StepState.RUNNING:
        return Step(step, Pace(None, None), "")
    told = pace(step, recent=recent, window=RECENT_SECONDS, now=timezone.now())
    left = "" if told.seconds_left is None else in_words(told.seconds_left)
    return Step(step, told, left)


urlpatterns = [path("batches/<uuid:batch_id>/progress/", progress, name="batch-progress")]
