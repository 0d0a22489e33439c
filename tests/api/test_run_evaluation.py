"""The evaluation of a run over the API: set, started, waited for, told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.pipeline.settle_request import note_started
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, patch, post, refusal
from tests.api.test_cases_in_bulk import line, send
from tests.factories import make_evaluation, make_gate_check


@pytest.fixture
def run(api: Client) -> str:
    """The address of a run of `bot`, with right answers to the cases a and b of suite `sums`."""
    suite = post(api, "suites", {"name": "sums", "pack": "exact"}).json()["id"]
    send(api, f"suites/{suite}/cases/bulk", [line(key) for key in "ab"])
    address = f"runs/{post(api, 'runs', {'name': 'r1', 'target': 'bot'}).json()['id']}"
    lines = [{"key": key, "answer": {"answer": "4"}} for key in "ab"]
    send(api, f"{address}/outputs", lines, suite="sums")
    return address


def evaluated(api: Client, run: str, **fields: Any) -> Any:
    """Set an evaluation of `bot` on `sums`, and complete the run; answers the evaluation."""
    made = post(api, "evaluations", {"target": "bot", "suite": "sums", **fields})
    post(api, f"{run}/complete", {})
    return made


def test_an_evaluation_is_set_and_changed(api: Client, run: str) -> None:
    made = evaluated(api, run, selection={"tags": ["smoke"]}, max_cost_usd=1.5)
    assert (made.status_code, made.json()["target_name"]) == (201, "bot")
    address = f"evaluations/{made.json()['id']}"
    edited = patch(api, address, {"selection": {}, "is_active": False}).json()
    assert (edited["selection"], edited["is_active"], edited["max_cost_usd"]) == ({}, False, 1.5)
    again = post(api, "evaluations", {"target": "bot", "suite": "sums"})
    assert refusal(again, conflict=True) == "evaluation_exists"
    assert len(get(api, "evaluations", suite=made.json()["suite"]).json()["results"]) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"target": "x"}, "target_unknown"),
        ({"suite": str(uuid4())}, "suite_unknown"),
        ({"gate": "x"}, "gate_unknown"),
        ({"options": {"x": 1}}, "options_invalid"),
        ({"created_by": "x"}, "invalid"),
    ],
)
def test_an_evaluation_that_cannot_work(
    api: Client, run: str, change: dict[str, Any], code: str
) -> None:
    refused = post(api, "evaluations", {"target": "bot", "suite": "sums", **change})
    assert refusal(refused) == code


def test_a_run_is_evaluated_once(api: Client, run: str, acme: Tenant) -> None:
    evaluated(api, run)
    first, again = (post(api, f"{run}/evaluate", {}) for _ in range(2))
    assert (first.status_code, first.json()["state"]) == (202, "running")
    assert first.headers["Location"] == f"/api/v1/batches/{first.json()['batch']}"
    assert again.json() == first.json()
    with tenant(acme.pk):
        assert Entry.objects.filter(action__startswith="batch.").count() == 1


def test_who_waits_is_told_the_figures(
    api: Client, run: str, acme: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    evaluated(api, run)
    with tenant(acme.pk), django_capture_on_commit_callbacks(execute=True):
        post(api, f"{run}/evaluate", {"wait": True})
    told = get(api, f"{run}/evaluation").json()
    (one,) = told["evaluations"]
    assert (told["state"], told["outcome"], one["state"]) == ("finished", None, "finished")
    assert (one["passed"], one["pass_rate"], one["verdict"], one["gate"]) == (2, 1.0, None, "")


def test_other_judges_are_a_batch_of_its_own(api: Client, run: str) -> None:
    evaluated(api, run)
    usual = post(api, f"{run}/evaluate", {}).json()["batch"]
    other = post(api, f"{run}/evaluate", {"judges": ["exact=fuzzy"]}).json()["batch"]
    assert usual != other


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"evaluation": str(uuid4())}, 404, "not_found"),
        ({"wait": "yes"}, 400, "invalid"),
        ({"run": "x"}, 400, "invalid"),
    ],
)
def test_what_is_not_evaluated(
    api: Client, run: str, body: dict[str, Any], status: int, code: str
) -> None:
    evaluated(api, run)
    refused = post(api, f"{run}/evaluate", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_which_one_must_be_said_where_there_are_several(api: Client, run: str) -> None:
    assert refusal(post(api, f"{run}/evaluate", {})) == "evaluation_unknown"
    named = evaluated(api, run).json()["id"]
    post(api, "evaluations", {"target": "bot", "suite": "sums", "name": "b"})
    assert refusal(post(api, f"{run}/evaluate", {})) == "evaluation_not_named"
    assert post(api, f"{run}/evaluate", {"evaluation": named}).status_code == 202


def test_an_open_run_is_not_evaluated(api: Client, run: str) -> None:
    post(api, "evaluations", {"target": "bot", "suite": "sums"})
    assert get(api, f"{run}/evaluation").json()["state"] == "none"
    refused = post(api, f"{run}/evaluate", {})
    assert refusal(refused, conflict=True) == "run_not_completed"


def test_another_tenant_asks_and_reads_nothing(stranger: Client, run: str) -> None:
    assert post(stranger, f"{run}/evaluate", {}).status_code == 404
    assert get(stranger, f"{run}/evaluation").status_code == 404


def test_what_the_gate_answered_is_told(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        check = make_gate_check(outcome="failed", reasons=[{"code": "worse"}])
        batch = check.comparison.batch
        evaluation = make_evaluation(gate=check.gate_name, target=batch.run.target)
        note_started(batch.run, evaluation, batch=batch)
    told = get(api, f"runs/{batch.run_id}/evaluation").json()
    (one,) = told["evaluations"]
    assert (told["outcome"], one["outcome"], one["verdict"]) == ("failed", "failed", "regressed")
    assert one["reasons"] == [{"code": "worse"}]
