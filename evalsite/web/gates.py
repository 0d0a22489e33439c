"""The gates: what each demands, how it came to that, and what it answered."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.batches.models import Batch, BatchState
from evalsite.gates.ask import ask
from evalsite.gates.declare import remove
from evalsite.gates.models import Gate, GateCheck, GateOutcome
from evalsite.gates.queries import newest_checks
from evalsite.gates.rules import headline_of, rules_of
from evalsite.gates.versions import versions_of
from evalsite.gates.write import as_file, as_yaml
from evalsite.ids import uuid_of
from evalsite.web.frame.page import act, may, page
from evalsite.web.frame.paging import page_of

MOST_BATCHES = 50


@page("gates")
def listed(request: HttpRequest) -> HttpResponse:
    """Show the tenant's gates by name, each with what it said last."""
    gates = Gate.objects.select_related("suite", "target")
    if text := request.GET.get("q", "").strip():
        gates = gates.filter(Q(name__icontains=text) | Q(note__icontains=text))
    shown = page_of(gates, order=("name", "pk"), after=request.GET.get("after", ""))
    checks = newest_checks(shown.rows)
    rows = [(gate, headline_of(as_file(gate)), checks.get(gate.pk)) for gate in shown.rows]
    refusals = sum(1 for _, _, check in rows if check and check.outcome != GateOutcome.PASSED)
    context = {"rows": rows, "next": shown.next, "text": text, "refusals": refusals}
    return render(
        request, "web/gates.html", {**context, "may_add": may(request, verb="add", room="gates")}
    )


@page("gates")
def detail(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """Show one gate of the tenant in scope, its answers newest first; 404 for any other."""
    gate = get_object_or_404(Gate.objects.select_related("suite", "target"), pk=gate_id)
    checks = GateCheck.objects.filter(gate=gate).defer("spec", "reasons")
    checks = checks.select_related("comparison__batch__run", "comparison__baseline__run")
    if (outcome := request.GET.get("outcome", "")) in GateOutcome.values:
        checks = checks.filter(outcome=outcome)
    may_ask = may(request, verb="change", room="gates")
    context = {
        "gate": gate,
        "rules": rules_of(as_file(gate).spec()),
        "file": as_yaml(as_file(gate)),
        "versions": versions_of(gate),
        "checks": page_of(checks, order=("-pk",), after=request.GET.get("after", "")),
        "newest": newest_checks([gate]).get(gate.pk),
        "outcome": outcome,
        "outcomes": GateOutcome.choices,
        "may_ask": may_ask,
        "batches": _askable(gate) if may_ask else [],
        "may_remove": may(request, verb="delete", room="gates"),
    }
    return render(request, "web/gate.html", context)


@act("gates")
def check_now(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """Ask the gate about a batch, against a baseline that is named or due."""
    gate = get_object_or_404(Gate.objects.select_related("suite", "target"), pk=gate_id)
    found = Batch.objects.select_related("suite", "run__target")
    batch = get_object_or_404(found, pk=uuid_of(request.POST.get("batch", "")))
    baseline = request.POST.get("baseline", "").strip()
    check = ask(gate, batch, baseline=baseline, actor=request.user)
    messages.success(request, f"Gate {gate.name} was asked about run {batch.run.name}.")
    return redirect("gate-check", check.pk)


@act("gates", "delete")
def take_out(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """Take a gate out; what it answered stays."""
    gate = get_object_or_404(Gate, pk=gate_id)
    remove(gate, actor=request.user)
    messages.success(request, f"Gate {gate.name} is taken out. What it answered stays.")
    return redirect("gates")


def _askable(gate: Gate) -> list[Batch]:
    """Answer the newest finished batches that the gate is for."""
    batches = Batch.objects.filter(state=BatchState.FINISHED).select_related("suite", "run")
    if gate.suite_id:
        batches = batches.filter(suite=gate.suite_id)
    if gate.target_id:
        batches = batches.filter(run__target=gate.target_id)
    return list(batches.defer("manifest").order_by("-created_at", "-pk")[:MOST_BATCHES])


urlpatterns = [
    path("gates/", listed, name="gates"),
    path("gates/<uuid:gate_id>/", detail, name="gate"),
    path("gates/<uuid:gate_id>/check/", check_now, name="gate-ask"),
    path("gates/<uuid:gate_id>/remove/", take_out, name="gate-remove"),
]
