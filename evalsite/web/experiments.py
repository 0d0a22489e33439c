"""The experiments of a tenant, and what came of each."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from evalsite.experiments.choices import UNITS, ExperimentState, Metric
from evalsite.experiments.models import Decision, Experiment
from evalsite.experiments.queries import newest_decisions
from evalsite.experiments.report import claim_in_words
from evalsite.figures import between, change
from evalsite.web.experiment_decision import more_in_words
from evalsite.web.frame.page import may, page
from evalsite.web.frame.paging import page_of


@page("experiments")
def index(request: HttpRequest) -> HttpResponse:
    """List experiments, the newest first; 404 for a state that there is not."""
    state, name = request.GET.get("state", ""), request.GET.get("name", "").strip()
    if state not in ("", *ExperimentState.values) or "\0" in name:
        raise Http404("no experiment is in such a state, or has such a name")
    wished = {"state": state, "name__icontains": name}
    found = Experiment.objects.filter(**{field: wish for field, wish in wished.items() if wish})
    after = request.GET.get("after", "")
    shown = page_of(found.select_related("suite"), order=("-created_at", "-pk"), after=after)
    decided = newest_decisions(shown.rows)
    context = {
        "rows": [(each, claim_in_words(each), _told(decided.get(each.pk))) for each in shown.rows],
        "next": shown.next,
        "states": ExperimentState,
        "state": state,
        "name": name,
        "may_declare": may(request, verb="add", room="experiments"),
    }
    return render(request, "web/experiments.html", context)


def _told(decision: Decision | None) -> dict[str, Any] | None:
    if decision is None:
        return None
    unit = UNITS[Metric(decision.declaration["primary_metric"])]
    return {
        "decision": decision,
        "effect": change(decision.effect, unit),
        "interval": between(decision.effect_low, decision.effect_high, unit=unit),
        "more": more_in_words(decision),
    }


urlpatterns = [path("experiments/", index, name="experiments")]
