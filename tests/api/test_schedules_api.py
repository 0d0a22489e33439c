"""Schedules over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.schedules.models import Schedule
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker
from tests.api.send import told
from tests.factories import make_run, make_suite, make_target
from tests.schedule_rows import make_schedule, make_tick
from tests.schedules.scheduled import FUNCTION, live

ALL = "/api/v1/schedules"


@pytest.fixture
def client(acme: Tenant) -> Client:
    """Somebody who may do everything at Acme."""
    return asker(acme)


def posted(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type="application/json")


def patched(client: Client, address: str, etag: str = "*", **body: Any) -> Any:
    headers = {"If-Match": etag}
    return client.patch(address, body, content_type="application/json", headers=headers)


def test_a_live_one_is_of_its_runs_target(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        known = live()
    sent = {"name": "nightly", "suite": known.suite.name, "run": str(known.run)}
    answer = posted(client, ALL, **sent, crontab="30 6 * * *", time_zone="Europe/Berlin")
    assert answer.status_code == 201, told(answer)
    made = told(answer)
    assert (made["kind"], made["target_name"]) == ("live", known.target.name)
    assert made["next_at"] is not None
    assert answer.headers["Location"] == f"{ALL}/{made['id']}"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"every_seconds": 3600}, "schedule_invalid"),
        ({"every_seconds": 3600, "target": "t", "run": "r"}, "schedule_invalid"),
        ({"target": "t"}, "schedule_invalid"),
        ({"target": "t", "every_seconds": 3600, "crontab": "0 6 * * *"}, "schedule_invalid"),
        ({"target": "t", "crontab": "no"}, "crontab_invalid"),
        ({"target": "t", "crontab": "0 6 * * *", "time_zone": "Mars"}, "time_zone_unknown"),
        ({"target": "gone", "every_seconds": 3600}, "target_unknown"),
    ],
)
def test_what_could_not_work_is_refused(sent: Any, code: str, client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        make_suite(name="s")
        make_target(name="t")
    answer = posted(client, ALL, name="x", suite="s", **sent)
    assert (answer.status_code, told(answer)["code"]) == (422, code)


def test_a_crontab_ends_an_interval_and_the_other_way_round(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        one = f"{ALL}/{make_schedule().pk}"
    changed = told(patched(client, one, crontab="0 6 * * *"))
    assert (changed["crontab"], changed["every_seconds"]) == ("0 6 * * *", None)
    changed = told(patched(client, one, every_seconds=600))
    assert (changed["crontab"], changed["every_seconds"]) == ("", 600)


def test_another_run_may_be_named(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = live()
        other = make_run(target=schedule.target, eval_mode="live", connection=FUNCTION)
    changed = told(patched(client, f"{ALL}/{schedule.pk}", run=other.name))
    assert changed["run_name"] == other.name


def test_what_was_changed_meanwhile_is_not_overwritten(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        one = f"{ALL}/{make_schedule().pk}"
    seen = client.get(one).headers["ETag"]
    assert patched(client, one, seen, most=7).status_code == 200
    assert patched(client, one, seen, most=8).status_code == 412


def test_it_is_paused_and_resumed(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        one = f"{ALL}/{make_schedule().pk}"
    paused, resumed = told(posted(client, f"{one}/pause")), told(posted(client, f"{one}/resume"))
    assert (paused["is_active"], paused["next_at"]) == (False, None)
    assert resumed["is_active"] is True
    assert resumed["next_at"] is not None


def test_a_tick_now_starts_a_batch(client: Client, acme: Tenant, knobs: Any) -> None:
    knobs(callable_targets="true")
    with tenant(acme.pk):
        one = f"{ALL}/{live().pk}"
    tick = told(posted(client, f"{one}/run"))
    assert (tick["state"], tick["is_manual"]) == ("started", True)
    with tenant(acme.pk):
        assert str(Batch.objects.get().pk) == tick["batch"]
        assert Entry.objects.get(action="schedule.tick_started").actor_kind == "key"


def test_its_ticks_are_listed_by_state(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make_schedule()
        for state in ("empty", "refused"):
            make_tick(schedule=schedule, state=state)
        make_tick()
    address = f"{ALL}/{schedule.pk}/ticks"
    assert [one["state"] for one in told(client.get(address))["results"]] == ["refused", "empty"]
    found = told(client.get(address, {"state": "refused"}))["results"]
    assert [one["schedule"] for one in found] == [str(schedule.pk)]


def test_taken_away_it_is_gone(client: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        one = f"{ALL}/{make_tick().schedule_id}"
    assert client.delete(one).status_code == 204
    with tenant(acme.pk):
        assert not Schedule.objects.exists()
