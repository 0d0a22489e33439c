"""What was recorded in an experiment, task by task."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from evalsite.experiments.choices import Group
from evalsite.experiments.models import Experiment, Result
from evalsite.web.frame.page import page
from evalsite.web.frame.paging import page_of

_FIELDS = ("task", "group", "version")


@page("experiments")
def index(request: HttpRequest, experiment_id: UUID) -> HttpResponse:
    """List an experiment's results, the newest first; 404 for a group that there is not."""
    found = get_object_or_404(Experiment, pk=experiment_id)
    wanted = {name: request.GET.get(name, "").strip() for name in _FIELDS}
    if wanted["group"] not in ("", *Group.values) or any("\0" in text for text in wanted.values()):
        raise Http404("no result is of such a group, task or version")
    rows = Result.objects.filter(
        experiment=found, **{name: text for name, text in wanted.items() if text}
    )
    shown = page_of(rows, order=("-pk",), after=request.GET.get("after", ""))
    context = {"experiment": found, "wanted": wanted, "groups": Group, "page": shown}
    return render(request, "web/experiment_results.html", context)


urlpatterns = [
    path("experiments/<uuid:experiment_id>/results/", index, name="experiment-results"),
]
