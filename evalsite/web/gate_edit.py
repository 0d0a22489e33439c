"""Declare a gate or change it: by fields, or by its whole file (`?as=file`)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.cases.models import Suite
from evalsite.gates.declare import declare, declare_new
from evalsite.gates.models import Gate
from evalsite.gates.read import gate_of
from evalsite.gates.spec import LIMITED
from evalsite.gates.write import as_file
from evalsite.targets.models import Target
from evalsite.web.frame.page import page
from evalsite.web.gate_form import Fields, WholeFile

_EXAMPLE: Final = {
    "name": "release",
    "primary": {"metric": "pass_rate", "margin": 0.03},
    "limits": [{"metric": "unscored_rate", "at_most": 0.05}],
}
_METRICS: Final = (*LIMITED, "latency_ms", "stage:NAME")
_MOST_NAMES: Final = 200


@page("gates", "add")
def new(request: HttpRequest) -> HttpResponse:
    """Declare a gate."""
    return _edited(request, None)


@page("gates", "change")
def edit(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """Change a gate; what it demands otherwise is a new version."""
    gates = Gate.objects.select_related("suite", "target")
    if request.method == "POST":
        gates = gates.select_for_update(of=("self",))
    return _edited(request, get_object_or_404(gates, pk=gate_id))


def _edited(request: HttpRequest, gate: Gate | None) -> HttpResponse:
    start = as_file(gate) if gate else gate_of(_EXAMPLE)
    is_file = request.GET.get("as") == "file"
    kind = WholeFile if is_file else Fields
    data = request.POST if request.method == "POST" else None
    form = kind(data, start=start, version=gate.version if gate else None)
    wanted = form.read() if data else None
    if wanted is None or (gate is not None and _is_stale(form, gate)):
        return _shown(request, gate=gate, form=form, is_file=is_file)
    save = declare if gate else declare_new
    saved = save(wanted, actor=request.user)
    messages.success(request, f"Gate {saved.name} is saved: version {saved.version}.")
    return redirect("gate", saved.pk)


def _is_stale(form: Fields | WholeFile, gate: Gate) -> bool:
    """Answer whether somebody else was quicker, and say so on the form."""
    if form.head.cleaned_data["version"] == gate.version:
        return False
    form.head.add_error(None, f"It was changed meanwhile: it is at version {gate.version} now.")
    return True


def _shown(request: HttpRequest, **told: object) -> HttpResponse:
    names = {
        "suites": Suite.objects.order_by("name").values_list("name", flat=True)[:_MOST_NAMES],
        "targets": Target.objects.order_by("name").values_list("name", flat=True)[:_MOST_NAMES],
        "metrics": _METRICS,
    }
    is_wrong = request.method == "POST"
    context = {**told, **names, "is_wrong": is_wrong}
    return render(request, "web/gate_edit.html", context, status=422 if is_wrong else 200)


urlpatterns = [
    path("gates/new/", new, name="gate-new"),
    path("gates/<uuid:gate_id>/edit/", edit, name="gate-edit"),
]
