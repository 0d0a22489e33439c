"""Start a batch: choose a suite and a run, look at the price, start."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.pipeline import order
from evalsite.web.batch_start_form import StartForm, names_of_suites
from evalsite.web.frame.page import page
from evalsite.web.option_fields import JUDGE, OPTION
from judges.protocol import VerdictError
from packs.registry import PACKS


@page("batches", "add")
def start(request: HttpRequest) -> HttpResponse:
    """Show the form of a new batch and its price; start it once its price was seen."""
    name = request.GET.get("suite", "")
    context: dict[str, Any] = {"suites": names_of_suites(), "name": name}
    if not name:
        return render(request, "web/batch/start.html", context)
    suite = get_object_or_404(Suite, name=name.replace("\0", ""))
    form = _form(request, suite)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                return _answer(request, form, context=context)
        except (EvalsiteError, VerdictError) as error:
            form.show_error(error)
    return _shown(request, form, context=context)


def _form(request: HttpRequest, suite: Suite) -> StartForm:
    about: dict[str, Any] = {"suite": suite, "pack": PACKS.load(suite.pack).value}
    if request.method == "POST":
        return StartForm(request.POST, **about)
    return StartForm(run=request.GET.get("run", "").replace("\0", ""), **about)


def _answer(request: HttpRequest, form: StartForm, *, context: dict[str, Any]) -> HttpResponse:
    """Start what was priced; price what was not, or was changed since."""
    wanted, seen = form.order(), form.digest()
    if "start" in request.POST and request.POST.get("priced") == seen:
        batch = order.start_once(wanted, actor=request.user)
        messages.success(request, f"Started: {batch.n_cases} cases.")
        return redirect("batch", batch_id=batch.pk)
    context["forecast"] = order.foresee(wanted)
    context["changed"] = "start" in request.POST
    context["priced"] = seen
    return _shown(request, form, context=context)


def _shown(request: HttpRequest, form: StartForm, *, context: dict[str, Any]) -> HttpResponse:
    of_pack = [form[name] for name in form.fields if name.startswith((OPTION, JUDGE))]
    context |= {"form": form, "suite": form.suite, "of_pack": of_pack}
    return render(request, "web/batch/start.html", context)


urlpatterns = [path("batches/start/", start, name="batch-start")]
