"""What a gate answered: the outcome first, then each rule with the figures that it rests on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse

from evalsite.batches.marks import marks_of
from evalsite.figures import DASH, SHARE, between, change, level, probability, size
from evalsite.gates.demand import EXIT_CODES
from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.gates.read import GateFile
from evalsite.gates.spec import LIMITED
from evalsite.gates.write import as_yaml
from evalsite.regressions.metrics import metric
from evalsite.web.frame.page import page

_MEANING: Final = {
    GateOutcome.PASSED: "The claim was shown, no guard was harmed, every limit was kept.",
    GateOutcome.FAILED: "A rule was shown to be broken.",
    GateOutcome.NEEDS_REVIEW: "No rule was shown to be broken, but not all could be settled: "
    "a person decides.",
}
_GRAVITY: Final = (GateOutcome.FAILED, GateOutcome.NEEDS_REVIEW, GateOutcome.PASSED)


class Answer(NamedTuple):
    """A rule's answer as a row of the page."""

    reason: Mapping[str, Any]
    before: str
    after: str
    change: str
    interval: str
    p: str
    margin: str


@page("gates")
def detail(request: HttpRequest, check_id: UUID) -> HttpResponse:
    """Show one answer of a gate of the tenant in scope; 404 for any other."""
    checks = GateCheck.objects.select_related(
        *("gate", "comparison__batch__suite", "comparison__batch__run__target"),
        "comparison__baseline__run",
    )
    check = get_object_or_404(checks, pk=check_id)
    outcome = GateOutcome(check.outcome)
    reasons = sorted(check.reasons, key=lambda reason: _GRAVITY.index(reason["outcome"]))
    context = {
        "check": check,
        "batch": check.comparison.batch,
        "baseline": check.comparison.baseline,
        "meaning": _MEANING[outcome],
        "counts": [(o, sum(r["outcome"] == o for r in reasons)) for o in _GRAVITY],
        "deciding": [r for r in reasons if r["outcome"] != GateOutcome.PASSED],
        "answers": [_answer(reason) for reason in reasons],
        "confidence": f"{100 * (1 - check.spec.get('alpha', 0.05)):g} %",
        "exit_code": EXIT_CODES[outcome],
        "marks": marks_of(check.comparison.batch),
        "demanded": as_yaml(GateFile.model_validate({**check.spec, "name": check.gate_name})),
        "commands": _commands(check),
    }
    return render(request, "web/gate_check.html", context)


def _answer(reason: Mapping[str, Any]) -> Answer:
    """Write a rule's figures; what was not measured is a dash, never a zero."""
    unit = _unit(reason)
    corrected = reason.get("p_corrected")
    return Answer(
        reason,
        before=level(reason.get("before"), unit),
        after=level(reason.get("after"), unit),
        change=change(reason.get("effect"), unit),
        interval=between(reason.get("effect_low"), reason.get("effect_high"), unit=unit),
        p=probability(reason.get("p") if corrected is None else corrected),
        margin=_margin(reason, unit=unit),
    )


def _unit(reason: Mapping[str, Any]) -> str:
    name = reason.get("metric", "")
    if not name:
        return SHARE
    return LIMITED.get(name, SHARE) if reason["rule"] == "limit" else metric(name).unit


def _margin(reason: Mapping[str, Any], *, unit: str) -> str:
    if reason.get("limit") is not None:
        return level(reason["limit"], unit)
    if reason.get("margin_percent") is not None:
        return f"{reason['margin_percent']:g} %"
    return DASH if reason.get("margin") is None else size(reason["margin"], unit)


def _commands(check: GateCheck) -> list[tuple[str, str]]:
    """Answer what asks the same again: by command, and by the API."""
    comparison, gate = check.comparison, check.gate_name if check.gate_id else "GATE.yaml"
    sides = f"{comparison.baseline_id} {comparison.batch_id}"
    command = f"manage.py comparebatch {sides} --gate {gate} --tenant {check.tenant.slug}"
    if check.gate_id is None:
        return [("Command", command)]
    asked = {"batch": str(comparison.batch_id), "baseline": str(comparison.baseline_id)}
    address = settings.SITE_URL + reverse("api:gate-ask", args=[check.gate_id])
    curl = (
        'curl --fail-with-body -H "Authorization: Bearer $EVALSITE_API_KEY" '
        f"-H 'Content-Type: application/json' -d '{json.dumps(asked)}' {address}"
    )
    return [("Command", command), ("curl", curl)]


urlpatterns = [
    path("gates/checks/<uuid:check_id>/", detail, name="gate-check"),
]
