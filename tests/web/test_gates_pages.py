from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evalsite.audit.models import Entry
from evalsite.gates.models import Gate, GateCheck
from evalsite.regressions.compare import compare_with
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_gate, make_gate_check, make_run, make_suite
from tests.summaries.filled import Card, make_filled
from tests.web.looking import looker, shown

REASON = {
    "rule": "primary",
    "title": "pass_rate",
    "outcome": "failed",
    "code": "claim_refuted",
    "text": "shown: worse by more than 3 points",
    "metric": "pass_rate",
    "n_pairs": 40,
    "before": 0.9,
    "after": 0.7,
    "effect": -0.2,
    "effect_low": -0.31,
    "effect_high": -0.09,
    "p": 0.004,
    "p_corrected": None,
    "margin": 0.03,
    "limit": None,
    "more_cases": None,
}
FIELDS = {
    "name": "release",
    "metric": "pass_rate",
    "claim": "non_inferiority",
    "margin": "0.05",
    "guards-TOTAL_FORMS": "2",
    "guards-INITIAL_FORMS": "0",
    "limits-TOTAL_FORMS": "2",
    "limits-INITIAL_FORMS": "0",
    "limits-0-end": "at_most",
    "limits-1-end": "at_most",
}
NEW = "/gates/new/"


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def sent(client: Client, address: str, **fields: Any) -> str:
    return client.post(address, {**FIELDS, **fields}, follow=True).content.decode()


def test_the_list_says_claim_and_last_answer(as_acme: Tenant) -> None:
    gate = make_gate(name="release", note="before each release")
    make_gate_check(gate=gate, outcome="passed")
    make_gate_check(gate=gate, outcome="failed")
    html = shown(as_acme, "/gates/")
    assert "pass_rate must be shown to be not worse by 3 points or more" in html
    assert "<title>1 gate not passed" in html
    assert ">failed</a>" in html
    assert ">passed</a>" not in html


def test_an_empty_list_names_the_next_step(as_acme: Tenant) -> None:
    assert "manage.py setgate" in shown(as_acme, "/gates/")
    assert "No gate has" in shown(as_acme, "/gates/", q="moon")


def test_lists_ask_as_much_for_one_as_for_many(as_acme: Tenant) -> None:
    client, gate = looker(as_acme, role=Role.ENGINEER), make_gate()
    make_gate_check(gate=gate)
    before = [queries(client, place) for place in ("/gates/", f"/gates/{gate.pk}/")]
    for _ in range(6):
        make_gate_check()
        make_gate_check(gate=gate)
        make_batch(state="finished")
    assert [queries(client, place) for place in ("/gates/", f"/gates/{gate.pk}/")] == before


def test_a_gate_shows_rules_and_checks(as_acme: Tenant) -> None:
    rules = {"guards": [{"metric": "latency_ms", "margin_percent": 20.0}]}
    limits = {"limits": [{"metric": "unscored_rate", "at_most": 0.05}]}
    gate = make_gate()
    gate.spec = {**gate.spec, **rules, **limits}
    gate.save()
    make_gate_check(gate=gate, gate_version=7)
    html = shown(as_acme, f"/gates/{gate.pk}/")
    assert "must not be shown to be worse by more than 20 %" in html
    assert "must be at most 5.0 %" in html
    assert "<td>7</td>" in html
    assert "Check a batch now" not in html


def test_checks_are_filtered_by_outcome(as_acme: Tenant) -> None:
    gate = make_gate()
    good = make_gate_check(gate=gate, outcome="passed")
    bad = make_gate_check(gate=gate, outcome="failed")
    html = shown(as_acme, f"/gates/{gate.pk}/", outcome="passed").split("Checks</h2>")[1]
    assert str(good.pk) in html
    assert str(bad.pk) not in html


def test_a_check_says_outcome_figures_and_exit_code(as_acme: Tenant) -> None:
    check = make_gate_check(reasons=[REASON])
    html = shown(as_acme, f"/gates/checks/{check.pk}/")
    assert "<title>Failed: gate" in html
    assert "exit code 3" in html
    for figure in ("90.0 %", "70.0 %", "-20.0 points", "-31.0 to -9.0", "0.004", "<td>40</td>"):
        assert figure in html
    sides = f"{check.comparison.baseline_id} {check.comparison.batch_id}"
    assert f"comparebatch {sides} --gate {check.gate_name} --tenant acme" in html
    assert f"/comparisons/{check.comparison_id}/" in html


def test_what_was_not_measured_is_a_dash(as_acme: Tenant) -> None:
    open_rule = {**REASON, "outcome": "needs_review", "before": None, "after": None}
    check = make_gate_check(outcome="needs_review", reasons=[{**open_rule, "more_cases": 120}])
    html = shown(as_acme, f"/gates/checks/{check.pk}/")
    assert "exit code 4" in html
    assert "<td>-</td><td>-</td>" in html
    assert "About 120 more cases" in html


@pytest.mark.parametrize(
    "place", ["/gates/{gate}/", "/gates/checks/{check}/", "/gates/{gate}/edit/"]
)
def test_another_tenant_finds_nothing(place: str, as_acme: Tenant, globex: Tenant) -> None:
    check = make_gate_check()
    address = place.format(gate=check.gate_id, check=check.pk)
    with tenant(globex.pk):
        carol = looker(globex, role=Role.OWNER)
    assert carol.get(address).status_code == 404


def test_an_engineer_declares_a_gate_by_fields(as_acme: Tenant) -> None:
    guard = {"guards-0-metric": "latency_ms", "guards-0-margin_percent": "20"}
    limit = {"limits-1-metric": "unscored_rate", "limits-1-bound": "0.1"}
    html = sent(looker(as_acme, role=Role.ENGINEER), NEW, **guard, **limit, slice="tag: hard")
    assert "Gate release is saved: version 1" in html
    spec = Gate.objects.get(name="release").spec
    assert spec["primary"]["slice"] == {"kind": "tag", "value": "hard"}
    assert spec["guards"][0]["margin_percent"] == 20
    assert spec["limits"][0]["at_most"] == 0.1
    assert (spec["demand_comparable"], spec["refuse_untrusted"]) == (False, False)


WRONG = [
    ({"margin": "0"}, "can never be shown"),
    ({"metric": "beauty"}, "is none of pass_rate"),
    ({"slice": "moon"}, "Input should be &#x27;tag&#x27;|should be &#x27;tag&#x27;"),
    ({"guards-0-metric": "latency_ms"}, "give either margin or margin_percent"),
    ({"limits-1-metric": "pass_rate", "limits-1-bound": "7"}, "is no limit for it"),
    ({"suite": "moon"}, "there is no suite"),
    ({"target": "moon"}, "there is no target"),
    ({"name": "taken"}, "There is a gate of that name"),
    ({"licence-max_age_days": "9", "licence-min_kappa_lower": ""}, "give min_kappa_lower"),
    ({"min_pairs": "3"}, "greater than or equal to 15"),
]


@pytest.mark.parametrize(("fields", "told"), WRONG)
def test_an_error_stands_at_its_field(fields: dict[str, str], told: str, as_acme: Tenant) -> None:
    make_gate(name="taken")
    html = sent(looker(as_acme, role=Role.ENGINEER), NEW, **fields)
    wrong = html.split("field--wrong", 1)[1].split("</div>")[0]
    assert any(part in wrong for part in told.split("|"))
    assert f'name="{next(reversed(fields))}"' in wrong or "guards-0" in wrong
    assert Gate.objects.count() == 1


def edited(gate: Gate, **fields: str) -> dict[str, str]:
    return {**FIELDS, "name": gate.name, "version": str(gate.version), **fields}


def test_a_change_is_a_new_version_and_is_told(as_acme: Tenant) -> None:
    gate, client = make_gate(name="old"), looker(as_acme, role=Role.ENGINEER)
    html = sent(client, f"/gates/{gate.pk}/edit/", **edited(gate, margin="0.07"))
    assert "version 2" in html
    assert "0.03" in html.split("Versions</h2>")[1]
    assert Entry.objects.filter(action="gate.changed").count() == 1


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(as_acme: Tenant) -> None:
    gate, client = make_gate(version=4), looker(as_acme, role=Role.ENGINEER)
    html = sent(client, f"/gates/{gate.pk}/edit/", **edited(gate, version="3"))
    assert "changed meanwhile" in html
    assert Gate.objects.get().version == 4


def test_the_form_keeps_what_it_shows(as_acme: Tenant) -> None:
    gate = make_gate()
    gate.spec = {**gate.spec, "guards": [{"metric": "cost_usd", "margin": 0.001}]}
    gate.save()
    html = shown(as_acme, f"/gates/{gate.pk}/edit/", role=Role.ENGINEER)
    assert 'value="cost_usd"' in html
    assert 'value="0.001"' in html


def test_a_licence_is_given_by_fields_and_kept(as_acme: Tenant) -> None:
    client, kappa = looker(as_acme, role=Role.ENGINEER), {"licence-min_kappa_lower": "0.6"}
    sent(client, NEW, **kappa, **{"licence-stages": "logic, tone"})
    licence = Gate.objects.get(name="release").spec["judge_licence"]
    assert licence["min_kappa_lower"] == 0.6
    assert (licence["stages"], licence["min_labels"]) == (["logic", "tone"], 50)
    assert licence["drawn_only"] is False
    html = client.get(f"/gates/{Gate.objects.get().pk}/edit/").content.decode()
    assert 'value="logic, tone"' in html


def test_the_whole_file_is_taken_and_its_errors_told(as_acme: Tenant) -> None:
    gate, client = make_gate(name="release"), looker(as_acme, role=Role.ENGINEER)
    place = f"/gates/{gate.pk}/edit/?as=file"
    text = "name: release\nprimary: {metric: score, margin: 0.1}\n"
    wrong = client.post(place, {"file": text + "colour: red", "version": "1"})
    assert wrong.status_code == 422
    assert "colour: there is no such field" in wrong.content.decode()
    assert client.post(place, {"file": text, "version": "1"}).status_code == 302
    assert Gate.objects.get().spec["primary"]["metric"] == "score"


@pytest.mark.parametrize("place", [NEW, "/gates/{gate}/edit/", "/gates/{gate}/check/"])
def test_a_viewer_may_only_look(place: str, as_acme: Tenant) -> None:
    gate, client = make_gate(), looker(as_acme)
    assert client.post(place.format(gate=gate.pk), FIELDS).status_code == 403
    assert not GateCheck.objects.exists()


@pytest.fixture
def finished(as_acme: Tenant) -> Any:
    """A batch that lost 10 of 40 cases, and the one before it."""
    suite, run = make_suite(), make_run()
    sides = [["passed"] * 40, ["failed"] * 10 + ["passed"] * 30]
    batches = [
        make_filled(suite, [Card(f"c{i}", status) for i, status in enumerate(side)], run=run)
        for side in sides
    ]
    compare_with(batches[1], batches[0])
    return batches[1]


def test_an_engineer_asks_about_a_batch(finished: Any, as_acme: Tenant) -> None:
    gate, client = make_gate(), looker(as_acme, role=Role.ENGINEER)
    assert str(finished.pk) in client.get(f"/gates/{gate.pk}/").content.decode()
    asked = {"batch": str(finished.pk), "baseline": "previous"}
    answer = client.post(f"/gates/{gate.pk}/check/", asked, follow=True)
    check = GateCheck.objects.get()
    assert answer.redirect_chain[0][0] == f"/gates/checks/{check.pk}/"
    assert check.actor
    assert "Every rule" in answer.content.decode()


def test_a_baseline_that_is_none_is_explained(finished: Any, as_acme: Tenant) -> None:
    gate, client = make_gate(), looker(as_acme, role=Role.ENGINEER)
    asked = {"batch": str(finished.pk), "baseline": "version:none"}
    answer = client.post(f"/gates/{gate.pk}/check/", asked)
    assert "baseline_unknown" in answer.content.decode()
    assert not GateCheck.objects.exists()


def test_an_admin_takes_a_gate_out_and_its_answers_stay(as_acme: Tenant) -> None:
    check = make_gate_check()
    admin = looker(as_acme, role=Role.ADMIN)
    assert looker(as_acme).post(f"/gates/{check.gate_id}/remove/").status_code == 403
    assert admin.post(f"/gates/{check.gate_id}/remove/").status_code == 302
    assert "from a file" in shown(as_acme, f"/gates/checks/{check.pk}/")
    assert not Gate.objects.exists()
