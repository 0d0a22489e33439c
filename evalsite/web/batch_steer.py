"""Steer a batch from its page: pause it, let it go on, stop it, try again what has no verdict."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.batches.models import Batch, BatchState
from evalsite.errors import UsageError
from evalsite.pipeline import launch
from evalsite.pipeline.pause import pause_by_hand
from evalsite.web.frame.page import act, may, page

_VERBS: Final = {
    BatchState.RUNNING: frozenset({"pause", "cancel"}),
    BatchState.PAUSED: frozenset({"resume", "cancel"}),
    BatchState.CANCELLED: frozenset({"resume"}),
    BatchState.FINISHED: frozenset({"retry"}),
}


class CapRefused(UsageError):
    """What is to be the most that a batch may cost is no amount of money."""

    code = "cap_refused"
    hint = "go back, and give US dollars such as 2.50; blank leaves the cap as it is"


class MoreMoney(forms.Form):
    """A new cap for a batch that goes on."""

    max_cost_usd = forms.DecimalField(
        required=False, min_value=0, max_value=999_999_999, max_digits=18, decimal_places=9
    )


def steering(request: HttpRequest, batch: Batch) -> frozenset[str]:
    """Answer what the person may do with the batch as it stands."""
    if not may(request, verb="change", room="batches"):
        return frozenset()
    verbs = _VERBS[BatchState(batch.state)]
    is_closed = "legacy" in batch.manifest or batch.cards_purged_at is not None
    return verbs - {"resume", "retry"} if is_closed else verbs


@act("batches")
def pause(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Begin nothing more of the batch until somebody resumes it."""
    batch = get_object_or_404(Batch, pk=batch_id)
    pause_by_hand(batch.pk, actor=request.user)
    return _back(request, batch, told="Paused. What workers have in hand is still written.")


@act("batches")
def resume(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Let the batch go on with what is left, with a new cap if one is given."""
    batch, form = get_object_or_404(Batch, pk=batch_id), _money(request)
    cap = form.cleaned_data["max_cost_usd"]
    launch.resume(batch.pk, max_cost_usd=cap, actor=request.user)
    return _back(request, batch, told="It goes on with what is left.")


@act("batches")
def retry(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Score again the cases without a verdict, with a new cap if one is given."""
    batch, form = get_object_or_404(Batch, pk=batch_id), _money(request)
    cap = form.cleaned_data["max_cost_usd"]
    launch.retry_errored(batch.pk, max_cost_usd=cap, actor=request.user)
    return _back(request, batch, told="The cases without a verdict are scored again.")


@page("batches", "change")
def cancel(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """Ask whether the batch is to stop, then stop it."""
    batch = get_object_or_404(Batch.objects.select_related("suite", "run"), pk=batch_id)
    if request.method != "POST":
        return render(request, "web/batch/cancel.html", {"batch": batch})
    launch.cancel(batch.pk, actor=request.user)
    return _back(request, batch, told="Cancelled. What was scored stays, and is summarised.")


def _money(request: HttpRequest) -> MoreMoney:
    form = MoreMoney(request.POST)
    if not form.is_valid():
        raise CapRefused(" ".join(map(str, form.errors["max_cost_usd"])))
    return form


def _back(request: HttpRequest, batch: Batch, *, told: str) -> HttpResponse:
    messages.success(request, told)
    return redirect("batch", batch_id=batch.pk)


urlpatterns = [
    path("batches/<uuid:batch_id>/pause/", pause, name="batch-pause"),
    path("batches/<uuid:batch_id>/resume/", resume, name="batch-resume"),
    path("batches/<uuid:batch_id>/cancel/", cancel, name="batch-cancel"),
    path("batches/<uuid:batch_id>/retry/", retry, name="batch-retry"),
]
