"""Declare an experiment: say what decides, see how many tasks that needs, declare it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from evalsite.cases.models import Suite
from evalsite.experiments.declare import ExperimentExists, ExperimentInvalid, create_experiment
from evalsite.experiments.report import claim_in_words
from evalsite.web.experiment_form import DeclareForm
from evalsite.web.frame.page import page


@page("experiments", "add")
def new(request: HttpRequest) -> HttpResponse:
    """Show the form and, once it is filled in, what it needs; declare what was looked at."""
    name = request.GET.get("suite", "").replace("\0", "")
    suite = Suite.objects.filter(name=name).first() if name else None
    form = DeclareForm(request.POST if request.method == "POST" else None, initial={"suite": suite})
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        seen = form.digest()
        if "declare" in request.POST and request.POST.get("seen") == seen:
            answer = _declared(request, form)
            if answer is not None:
                return answer
        else:
            context |= {"seen": seen, "forecast": form.forecast()}
            context |= {"claim": claim_in_words(form.wanted)}
            context |= {"changed": "declare" in request.POST}
    status = 422 if form.errors else 200
    return render(request, "web/experiment_new.html", context, status=status)


def _declared(request: HttpRequest, form: DeclareForm) -> HttpResponse | None:
    """Declare it and lead to its page; None where it is refused, said at the field."""
    given = form.declared()
    try:
        made = create_experiment(given.pop("name"), actor=request.user, **given)
    except ExperimentExists as error:
        form.add_error("name", f"{error.message}: {error.hint} ({error.code})")
    except ExperimentInvalid as error:
        form.add_error(None, f"{error.message} ({error.code})")
    else:
        messages.success(request, f"Experiment {made} is declared. The first result locks it.")
        return redirect("experiment", made.pk)
    return None


urlpatterns = [path("experiments/new/", new, name="experiment-new")]
