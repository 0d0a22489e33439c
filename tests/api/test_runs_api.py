"""Targets and runs over the API."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, patch, post, refusal


def delete(client: Client, address: str) -> Any:
    return client.delete(f"/api/v1/{address}")


def test_a_target_is_made_described_and_deleted(api: Client) -> None:
    made = post(api, "targets", {"name": "bot"})
    address = f"targets/{made.json()['id']}"
    assert patch(api, address, {"description": "ours"}).json()["description"] == "ours"
    assert post(api, "targets", {"name": "bot"}).json()["code"] == "target_exists"
    assert delete(api, address).status_code == 204
    assert get(api, "targets").json()["results"] == []


def test_a_target_that_was_run_stays(api: Client) -> None:
    target = post(api, "runs", {"name": "r1", "target": "bot"}).json()["target"]
    refused = delete(api, f"targets/{target}")
    assert (refused.status_code, refused.json()["code"]) == (409, "target_in_use")
    assert "runs" in refused.json()["detail"]


def test_a_run_is_opened_with_its_target_once(api: Client, acme: Tenant) -> None:
    body = {"name": "r1", "target": "bot", "commit": "abc", "metadata": {"ci": True}}
    made, again = post(api, "runs", body), post(api, "runs", body)
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == made.json()
    assert (made.json()["target_name"], made.json()["metadata"]) == ("bot", {"ci": True})
    with tenant(acme.pk):
        assert Entry.objects.filter(subject="r1").count() == 1


def test_a_target_is_named_by_its_id_too(api: Client) -> None:
    target = post(api, "targets", {"name": "bot"}).json()["id"]
    assert post(api, "runs", {"name": "r1", "target": target}).json()["target"] == target


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "r1", "target": "other"}, 409, "run_mismatch"),
        ({"name": "r2", "target": str(uuid4())}, 400, "target_unknown"),
        ({"name": "r 2"}, 400, "run_invalid"),
        ({"name": "r2", "status": "completed"}, 400, "invalid"),
        ({"name": "r2", "connection": {"kind": "x"}}, 400, "connection_invalid"),
        ({"name": "r2", "connection": {"kind": "chat"}}, 400, "endpoint_unknown"),
    ],
)
def test_what_cannot_be_opened(api: Client, body: Any, status: int, code: str) -> None:
    post(api, "runs", {"name": "r1", "target": "bot"})
    refused = post(api, "runs", body)
    assert refusal(refused, conflict=status == 409) == code


def test_another_tenants_run_is_not_there(api: Client, stranger: Client) -> None:
    run = post(api, "runs", {"name": "r1"}).json()
    for address in (f"runs/{run['id']}", f"targets/{run['target']}", f"runs/{run['id']}/outputs"):
        assert get(stranger, address).status_code == 404
    assert post(stranger, f"runs/{run['id']}/complete", {}).status_code == 404
    refused = post(stranger, "runs", {"name": "x", "target": run["target"]})
    assert refused.json()["code"] == "target_unknown"


def test_a_run_is_completed_once_and_then_stays_as_it_is(api: Client, acme: Tenant) -> None:
    address = f"runs/{post(api, 'runs', {'name': 'r1'}).json()['id']}"
    assert patch(api, address, {"metadata": {"a": 1}}).json()["metadata"] == {"a": 1}
    answers = [post(api, f"{address}/complete", {}) for _ in range(2)]
    assert [(a.status_code, a.json()["status"]) for a in answers] == [(200, "completed")] * 2
    for late in (patch(api, address, {"metadata": {}}), post(api, f"{address}/fail", {})):
        assert (late.status_code, late.json()["code"]) == (409, "run_not_open")
    with tenant(acme.pk):
        assert Entry.objects.filter(action="run.completed").count() == 1


def test_a_run_that_broke_off_is_not_completed(api: Client) -> None:
    address = f"runs/{post(api, 'runs', {'name': 'r1'}).json()['id']}"
    assert post(api, f"{address}/fail", {"reason": "killed"}).json()["status"] == "failed"
    assert post(api, f"{address}/complete", {}).json()["code"] == "run_not_open"


def test_runs_are_filtered(api: Client) -> None:
    first = post(api, "runs", {"name": "r1", "target": "bot", "commit": "abc"}).json()
    post(api, "runs", {"name": "r2", "target": "bot", "client_type": "web"})
    post(api, f"runs/{first['id']}/complete", {})
    wishes = ({"commit": "abc"}, {"status": "completed"}, {"name": "r1"})
    for wish, name in (*((wish, "r1") for wish in wishes), ({"client_type": "web"}, "r2")):
        assert [row["name"] for row in get(api, "runs", **wish).json()["results"]] == [name]
    assert len(get(api, "runs", target="bot").json()["results"]) == 2
    assert len(get(api, "runs", target=first["target"]).json()["results"]) == 2


def test_a_list_of_runs_takes_few_queries(api: Client, django_assert_max_num_queries: Any) -> None:
    for n in range(10):
        post(api, "runs", {"name": f"r{n}", "target": f"t{n}"})
    with django_assert_max_num_queries(12):
        assert len(get(api, "runs").json()["results"]) == 10
