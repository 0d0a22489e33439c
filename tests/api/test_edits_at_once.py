"""Two edits at the same moment of what was read once: one wins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from evalsite.audit.record import record
from evalsite.pipeline import set_evaluation
from evalsite.pipeline.models import EvaluationRequest
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post
from tests.api.rows_of_cases import evaluated
from tests.api.rows_of_experiments import SECRET
from tests.tenant_rows import make_membership

TIMES = 4


@pytest.fixture
def api(committed_db: None) -> Client:
    """A program of a tenant whose rows every connection sees."""
    return asker(Tenant.objects.create(slug="acme", name="Acme"))


def at_once(ask: Callable[[int], Any]) -> list[int]:
    """Ask at the same time, each on a connection of its own; answers the statuses in order."""
    barrier = Barrier(TIMES)

    def run(number: int) -> int:
        try:
            barrier.wait()
            return int(ask(number).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(TIMES) as pool:
        return sorted(pool.map(run, range(TIMES)))


def test_one_edit_of_a_member_wins(api: Client) -> None:
    with tenant(Tenant.objects.get().pk):
        address = f"members/{make_membership(role=Role.VIEWER).pk}"
    seen, roles = get(api, address).headers["ETag"], ("curator", "engineer", "admin", "owner")
    statuses = at_once(lambda n: patch(api, address, {"role": roles[n]}, if_match=seen))
    assert statuses == [200, *[412] * (TIMES - 1)]


def test_one_new_secret_of_a_webhook_wins(api: Client) -> None:
    made = post(api, "webhooks", {"name": "ci", "url": "https://x.example.org/", "secret": SECRET})
    address = f"webhooks/{made.json()['id']}"
    seen = get(api, address).headers["ETag"]
    statuses = at_once(lambda _: patch(api, address, {"secret": SECRET}, if_match=seen))
    assert statuses == [200, *[412] * (TIMES - 1)]


def test_several_who_subscribe_the_same_are_one(api: Client) -> None:
    wanted = {"email": "ann@example.org"}
    assert set(at_once(lambda _: post(api, "subscriptions", wanted))) <= {200, 201}
    assert len(get(api, "subscriptions").json()["results"]) == 1


def test_an_edit_holds_up_no_row_that_refers_to_it(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who adds one has recorded already: its foreign key is checked in the trail's lock."""
    acme, barrier = Tenant.objects.get().pk, Barrier(2)
    with tenant(acme):
        given = evaluated()

    def add() -> None:
        with tenant(acme), transaction.atomic():
            record("run.asked", given["pk"])
            EvaluationRequest.objects.create(evaluation=given["evaluation"], run=given["pk"])
            barrier.wait(9)
        connection.close()

    def late(*args: Any, **options: Any) -> None:
        barrier.wait(9)
        sleep(0.3)
        record(*args, **options)

    monkeypatch.setattr(set_evaluation, "record", late)
    with ThreadPoolExecutor(1) as pool:
        added = pool.submit(add)
        address = f"evaluations/{given['evaluation'].pk}"
        assert patch(api, address, {"repetitions": 3}).status_code == 200
        added.result()
