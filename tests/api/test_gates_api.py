"""Gates over the API: declared, asked, and the files that a CI job takes home."""

from __future__ import annotations

from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django.test import Client

from evalsite.batches.models import Batch
from evalsite.gates.models import Gate, GateCheck
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, patch, post, refusal
from tests.api.scored import two_batches
from tests.factories import make_gate, make_gate_check, make_run, make_suite

PRIMARY = {"metric": "pass_rate", "claim": "non_inferiority", "margin": 0.2}
GATE = {"name": "release", "primary": PRIMARY}


@pytest.fixture
def worse(acme: Tenant) -> Batch:
    """A batch that lost every case that the one before it passed."""
    with tenant(acme.pk):
        return two_batches(n_wrong=20)[1]


def declared(api: Client, **more: Any) -> str:
    """Declare the gate; answers its address."""
    made = post(api, "gates", {**GATE, **more})
    assert made.status_code == 201, made.json()
    return f"gates/{made.json()['id']}"


def test_a_gate_is_declared_as_its_file_says_it(api: Client) -> None:
    guards = [{"metric": "latency_ms", "margin_percent": 20}]
    told = get(api, declared(api, guards=guards, note="May")).json()
    assert (told["name"], told["version"], told["note"]) == ("release", 1, "May")
    assert told["spec"]["primary"]["margin"] == 0.2
    assert told["spec"]["guards"][0]["margin_percent"] == 20


def test_or_with_its_demands_in_a_spec_of_their_own(api: Client) -> None:
    made = post(api, "gates", {"name": "release", "spec": {"primary": PRIMARY}})
    assert made.json()["spec"]["primary"] == {**PRIMARY, "slice": None}


def test_what_is_told_can_be_sent_back(api: Client) -> None:
    address = declared(api)
    told = get(api, address).json()
    kept = patch(api, address, {"spec": told["spec"], "note": "the same"}).json()
    assert (kept["version"], kept["spec"], kept["note"]) == (1, told["spec"], "the same")


def test_another_demand_is_another_version(api: Client) -> None:
    address = declared(api)
    changed = patch(api, address, {"primary": {**PRIMARY, "margin": 0.1}}).json()
    assert (changed["version"], changed["spec"]["primary"]["margin"]) == (2, 0.1)


def test_a_gate_is_for_a_suite_until_it_is_not(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
    address = declared(api, suite=str(suite.pk))
    assert get(api, address).json()["suite_name"] == suite.name
    assert patch(api, address, {"suite": None}).json()["suite"] is None


def test_nobody_overwrites_anothers_change(api: Client) -> None:
    address = declared(api)
    seen = get(api, address).headers["ETag"]
    assert patch(api, address, {"note": "one"}, if_match=seen).status_code == 200
    assert patch(api, address, {"note": "two"}, if_match=seen).status_code == 412


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"primary": {"metric": "pass_rate"}}, "invalid"),
        ({"primary": {"metric": "nonsense", "margin": 0.1}}, "gate_invalid"),
        ({"primary": {"metric": "pass_rate", "margin": 0}}, "gate_invalid"),
        ({"primary": {"metric": "pass_rate", "margin": "0.1"}}, "invalid"),
        ({"guards": [{"metric": "score"}]}, "gate_invalid"),
        ({"spec": {"primary": PRIMARY}}, "gate_invalid"),
        ({"name": "no spaces"}, "invalid"),
        ({"version": 7}, "invalid"),
        ({"suite": "none"}, "suite_unknown"),
        ({"target": "none"}, "target_unknown"),
        ({"suite": str(uuid4())}, "suite_unknown"),
    ],
)
def test_what_cannot_be_demanded_is_refused(
    api: Client, acme: Tenant, change: dict[str, Any], code: str
) -> None:
    assert refusal(post(api, "gates", {**GATE, **change})) == code
    with tenant(acme.pk):
        assert not Gate.objects.exists()


def test_a_name_is_taken_once(api: Client) -> None:
    declared(api)
    assert refusal(post(api, "gates", GATE), conflict=True) == "gate_exists"


def test_a_gate_goes_and_its_answers_stay(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        check = make_gate_check()
    assert api.delete(f"/api/v1/gates/{check.gate_id}").status_code == 204
    (told,) = get(api, "gate-checks").json()["results"]
    assert (told["gate"], told["gate_name"]) == (None, check.gate_name)


def test_is_this_run_better(api: Client, worse: Batch) -> None:
    address = declared(api)
    asked = post(api, f"{address}/check", {"run": "v2"})
    told = asked.json()
    assert (asked.status_code, told["outcome"], told["exit_code"]) == (201, "failed", 3)
    assert (told["batch"], told["state"]) == (str(worse.pk), "finished")
    assert {"claim_refuted", "margin_declared_late"} <= {r["code"] for r in told["reasons"]}
    assert told["comparison"]["headline"]["effect"] == -1.0
    assert told["comparison"]["worst_cases"][0]["changes"][0]["stage"] == "exact"
    assert told["markdown"].startswith("## ✗ failed: gate")
    assert api.get(asked.headers["Location"]).json() == told


def test_a_batch_and_a_baseline_may_be_named(api: Client, worse: Batch) -> None:
    address = declared(api)
    for baseline in ("version:1.0", "previous"):
        question = {"batch": str(worse.pk), "baseline": baseline}
        told = post(api, f"{address}/check", question).json()
        chosen = told["comparison"]["chosen_by"]
        # Its own comparison stays its own.
        assert (told["exit_code"], chosen) == (3, "previous")


def test_a_ci_job_takes_both_files_home(api: Client, worse: Batch) -> None:
    links = post(api, f"{declared(api)}/check", {"run": "v2"}).json()["links"]
    junit = api.get(links["junit"], headers={"accept": "application/xml"})
    page = api.get(links["markdown"], headers={"accept": "text/markdown"})
    assert junit.headers["Content-Type"] == "application/xml"
    suites = ElementTree.fromstring(junit.content)
    assert int(suites.attrib["failures"]) >= 20
    assert page.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert "Gate <code>release</code> v1" in page.content.decode()
    assert api.get(links["batch"]).status_code == api.get(links["comparison"]).status_code == 200


def test_a_missing_file_is_a_problem_and_no_file(api: Client) -> None:
    missing = get(api, f"gate-checks/{uuid4()}/junit")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert missing.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ({}, "question_unclear"),
        ({"run": "v2", "batch": str(uuid4())}, "question_unclear"),
        ({"run": "none"}, "run_unknown"),
        ({"run": "v2", "baseline": "version:9"}, "baseline_unknown"),
        ({"run": "v2", "outcome": "passed"}, "invalid"),
    ],
)
def test_a_question_about_nothing_is_refused(
    api: Client, worse: Batch, question: dict[str, str], code: str
) -> None:
    assert refusal(post(api, f"{declared(api)}/check", question)) == code


def test_there_must_be_something_to_ask_about(api: Client, acme: Tenant, worse: Batch) -> None:
    address = f"{declared(api)}/check"
    with tenant(acme.pk):
        make_run(name="v3")
    assert refusal(post(api, address, {"run": "v3"}), conflict=True) == "run_not_evaluated"
    assert refusal(post(api, address, {"run": "v1"}), conflict=True) == "baseline_unknown"


def test_a_gate_for_another_suite_says_so(api: Client, acme: Tenant, worse: Batch) -> None:
    with tenant(acme.pk):
        address = declared(api, suite=make_suite().name)
    assert refusal(post(api, f"{address}/check", {"batch": str(worse.pk)})) == "gate_unfit"


def test_answers_are_listed(api: Client, acme: Tenant, django_assert_max_num_queries: Any) -> None:
    with tenant(acme.pk):
        checks = [make_gate_check() for _ in range(4)]
    with django_assert_max_num_queries(8):
        assert len(get(api, "gate-checks").json()["results"]) == 4
    (one,) = get(api, f"gates/{checks[0].gate_id}/checks").json()["results"]
    assert (one["id"], one["exit_code"]) == (str(checks[0].pk), 3)
    about = {"batch": str(checks[1].comparison.batch_id)}
    assert [r["id"] for r in get(api, "gate-checks", **about).json()["results"]] == [
        str(checks[1].pk)
    ]


def test_another_tenant_asks_our_gates_nothing(
    stranger: Client, acme: Tenant, worse: Batch
) -> None:
    with tenant(acme.pk):
        gate = make_gate()
    address = f"gates/{gate.pk}"
    assert post(stranger, f"{address}/check", {"batch": str(worse.pk)}).status_code == 404
    assert get(stranger, f"{address}/checks").status_code == 404
    own = declared(stranger)
    assert post(stranger, f"{own}/check", {"batch": str(worse.pk)}).status_code == 404
    assert refusal(post(stranger, f"{own}/check", {"run": "v2"})) == "run_unknown"
    with tenant(acme.pk):
        assert not GateCheck.objects.exists()
