"""An experiment: what was declared, how far it is, what was decided, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.experiments.choices import UNITS, ExperimentState, Metric
from evalsite.experiments.declare import close_experiment
from evalsite.experiments.models import Arm, Decision, Experiment
from evalsite.experiments.queries import tallies
from evalsite.experiments.report import claim_in_words
from evalsite.figures import level, size
from evalsite.web.experiment_decision import decision_in_figures
from evalsite.web.frame.page import act, may, page

_MOST_DECISIONS = 30
_MOST_ARMS = 30


@page("experiments")
def show(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Show one experiment of the tenant in scope; 404 for any other."""
    found = get_object_or_404(Experiment.objects.select_related("suite"), pk=experiment_id)
    decisions = list(_newest(found)[:_MOST_DECISIONS])
    groups, newest = tallies(found), decisions[0] if decisions else None
    arms = Arm.objects.filter(experiment=found).select_related("batch__run").order_by("-pk")
    context = {
        "experiment": found,
        "unit": UNITS[Metric(found.primary_metric)],
        "claim": claim_in_words(found),
        "declared": list(_declared(found)),
        "groups": groups,
        "arms": arms[:_MOST_ARMS],
        "newest": decision_in_figures(newest) if newest else None,
        "history": [decision_in_figures(each) for each in decisions],
        "is_old": newest is not None and _came_since(groups, newest.decided_at),
        "may_change": may(request, verb="change", room="experiments")
        and found.state == ExperimentState.OPEN,
    }
    return render(request, "web/experiment.html", context)


@act("experiments")
def decide_now(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Decide by what is recorded, and show it."""
    from evalsite.experiments.decide import decide

    found = get_object_or_404(Experiment, pk=experiment_id)
    made = decide(found, actor=request.user)
    messages.success(request, f"Decided: {made.verdict.replace('_', ' ')}.")
    return redirect("experiment", found.pk)


@act("experiments")
def close(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """Give an open experiment up."""
    found = get_object_or_404(Experiment, pk=experiment_id)
    close_experiment(found, actor=request.user)
    messages.success(request, "The experiment is closed: it takes no more results.")
    return redirect("experiment", found.pk)


def _newest(experiment: Experiment) -> Any:
    found = Decision.objects.filter(experiment=experiment)
    return found.order_by("-decided_at", "-pk")


def _came_since(groups: list[dict[str, Any]], decided_at: datetime) -> bool:
    return any(group["recorded_at"] > decided_at for group in groups)


def _declared(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Name what was promised before the first result."""
    unit = UNITS[Metric(experiment.primary_metric)]
    yield "Decided on", experiment.primary_metric.replace("_", " ")
    yield "Margin", size(experiment.margin, unit)
    yield "Wrong verdicts accepted", f"{level(experiment.alpha)} on each side"
    yield "A tie is up to", size(experiment.tie_band, unit)
    peeks = "after each chunk, safely" if experiment.peek_safe else "once, at the end"
    yield "Looked at", peeks
    for name, limit in (("Slower", experiment.max_slower), ("Dearer", experiment.max_dearer)):
        guard = "not guarded" if limit is None else f"by at most {level(limit)}"
        yield f"{name} than the baseline", guard
    planned = experiment.planned_cases
    yield "Planned tasks", f"{planned:,}" if planned else "no plan"


urlpatterns = [
    path("experiments/<uuid:experiment_id>/", show, name="experiment"),
    path("experiments/<uuid:experiment_id>/decide/", decide_now, name="experiment-decide"),
    path("experiments/<uuid:experiment_id>/close/", close, name="experiment-close"),
]
