"""The pages of schedules: the list, one with its ticks, the form, the buttons."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.pipeline.run_schedules import TWICE
from evalsite.schedules.models import Schedule, Tick
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_suite, make_summary, make_target
from tests.schedule_rows import make_schedule, make_tick
from tests.schedules.scheduled import live
from tests.web.looking import looker, shown

NEW = "/schedules/new/"


def page_of(schedule: Schedule) -> str:
    return f"/schedules/{schedule.pk}/"


def ticked(schedule: Schedule, *, rate: float) -> Tick:
    batch = make_batch(suite=schedule.suite, state="finished")
    make_summary(batch=batch, pass_rate=rate, pass_low=rate - 0.1, pass_high=rate + 0.1)
    return make_tick(schedule=schedule, state="started", batch=batch)


def fields(acme: Tenant, **more: Any) -> dict[str, Any]:
    """What the form of a new schedule is sent with."""
    with tenant(acme.pk):
        suite, target = make_suite(), make_target()
    given = {"name": "online", "suite": suite.pk, "target": target.pk, "time_zone": "Europe/Berlin"}
    numbers = {"catch_up_most": 10, "repetitions": 1, "percent": 5, "most": 100}
    return {**given, **numbers, "catch_up": "latest", "crontab": "30 6 * * *", **more}


def sent(client: Client, address: str, given: dict[str, Any], *, status: int = 200) -> str:
    answer = client.post(address, given)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def saved(client: Client, address: str, given: dict[str, Any]) -> None:
    """Look at the times, then save what was looked at."""
    seen = re.search(r'name="seen" value="(\w+)"', sent(client, address, given))
    assert seen is not None
    sent(client, address, {**given, "seen": seen[1], "save": "1"}, status=302)


def test_the_list_says_how_each_goes(acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make_schedule(name="nightly", next_at=timezone.now())
        for rate in (0.5, 0.75):
            ticked(schedule, rate=rate)
        make_tick(schedule=schedule, state="refused", code="nothing_selected")
    page = shown(acme, "/schedules/")
    for part in ("nightly", "nothing_selected", "75", "<svg", "every 3600 s"):
        assert part in page


def test_more_schedules_are_no_more_queries(acme: Tenant) -> None:
    client = looker(acme)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/schedules/")
        return len(asked)

    with tenant(acme.pk):
        ticked(make_schedule(), rate=0.5)
    queries()
    one = queries()
    with tenant(acme.pk):
        for _ in range(3):
            ticked(make_schedule(), rate=0.5)
    assert queries() == one


def test_without_any_it_says_how_to_add_one(acme: Tenant) -> None:
    assert "manage.py setschedule" in shown(acme, "/schedules/")
    assert "No schedule fits" in shown(acme, "/schedules/", q="x")


def test_one_shows_its_next_times_and_its_ticks(acme: Tenant) -> None:
    with tenant(acme.pk):
        due = timezone.now() + timedelta(hours=1)
        schedule = make_schedule(crontab="0 * * * *", next_at=due, gate="release")
        ticked(schedule, rate=0.5)
        make_tick(schedule=schedule, state="missed", n_passed_over=7)
    page = shown(acme, page_of(schedule))
    assert page.count("<li>") >= 5
    assert "7 before it passed over" in page
    assert "missed" not in shown(acme, page_of(schedule), state="started").split("<tbody>")[1]


def test_viewers_have_no_buttons(acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make_schedule()
    assert "Run it now" not in shown(acme, page_of(schedule)).split("<tbody>")[0]
    assert looker(acme).post(f"{page_of(schedule)}run/").status_code == 403


def test_another_tenants_is_not_there(acme: Tenant, globex: Tenant) -> None:
    with tenant(globex.pk):
        schedule = make_schedule()
    for address in (page_of(schedule), f"{page_of(schedule)}edit/"):
        assert looker(acme, role=Role.OWNER).get(address).status_code == 404


def test_the_times_are_shown_before_it_is_saved(acme: Tenant) -> None:
    client, given = looker(acme, role=Role.ENGINEER), fields(acme)
    page = sent(client, NEW, given)
    assert len(re.findall(r"<li>\w+ [\d-]+ 06:30 CE", page)) == 5
    with tenant(acme.pk):
        assert not Schedule.objects.exists()
    saved(client, NEW, given)
    with tenant(acme.pk):
        kept = Schedule.objects.get()
    assert (kept.kind, kept.crontab, kept.percent) == ("recorded", "30 6 * * *", 5.0)


def test_a_live_one_is_added(acme: Tenant) -> None:
    with tenant(acme.pk):
        known = live()
    asked = {"target": known.target_id, "run": known.run_id, "crontab": "", "every_seconds": 600}
    saved(looker(acme, role=Role.ENGINEER), NEW, fields(acme, **asked))
    with tenant(acme.pk):
        kept = Schedule.objects.get(name="online")
    assert (kept.kind, kept.run_id) == ("live", known.run_id)


def test_what_was_changed_since_is_shown_again(acme: Tenant) -> None:
    client, given = looker(acme, role=Role.ENGINEER), fields(acme)
    page = sent(client, NEW, {**given, "seen": "of another form", "save": "1"})
    assert "changed since you looked" in page


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"crontab": "no"}, "crontab_invalid"),
        ({"time_zone": "Mars/Base"}, "time_zone_unknown"),
        ({"crontab": ""}, "schedule_invalid"),
        ({"gate": "gone"}, "gate_unknown"),
        ({"options": '{"no": "such"}'}, "options_invalid"),
        ({"selection": '{"tag": 1}'}, "schedule_invalid"),
        ({"name": "no name"}, "slug"),
    ],
)
def test_what_is_wrong_stands_at_its_field(wrong: Any, told: str, acme: Tenant) -> None:
    client = looker(acme, role=Role.ENGINEER)
    page = sent(client, NEW, fields(acme, **wrong), status=422)
    assert "Not saved" in page
    assert told in page


def test_one_is_changed(acme: Tenant) -> None:
    client = looker(acme, role=Role.ENGINEER)
    with tenant(acme.pk):
        schedule = make_schedule(name="online")
    edit = f"{page_of(schedule)}edit/"
    version = re.search(r'name="version" value="([^"]+)"', client.get(edit).content.decode())
    assert version is not None
    given = fields(acme, crontab="", every_seconds=600, version=version[1], name="another")
    saved(client, edit, given)
    with tenant(acme.pk):
        kept = Schedule.objects.get(pk=schedule.pk)
        assert (kept.every_seconds, kept.name, kept.suite_id) == (600, "online", schedule.suite_id)
    assert "changed meanwhile" in sent(client, edit, given, status=422)


@pytest.mark.parametrize(("do", "active"), [("pause", False), ("resume", True)])
def test_a_button_pauses_or_resumes(do: str, active: bool, acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make_schedule(is_active=not active)
    sent(looker(acme, role=Role.ENGINEER), f"{page_of(schedule)}switch/", {"do": do}, status=302)
    with tenant(acme.pk):
        assert Schedule.objects.get().is_active is active


def test_a_button_runs_it_now(acme: Tenant, knobs: Callable[..., None]) -> None:
    knobs(callable_targets="true")
    with tenant(acme.pk):
        schedule = live()
    client = looker(acme, role=Role.ENGINEER)
    sent(client, f"{page_of(schedule)}run/", {}, status=302)
    assert "Started: 1 cases" in client.get(page_of(schedule)).content.decode()
    with tenant(acme.pk):
        assert Batch.objects.count() == 1


def test_a_button_pressed_twice_runs_it_once(acme: Tenant, knobs: Callable[..., None]) -> None:
    knobs(callable_targets="true")
    with tenant(acme.pk):
        schedule = live()
    client = looker(acme, role=Role.ENGINEER)
    for _ in range(2):
        sent(client, f"{page_of(schedule)}run/", {}, status=302)
    with tenant(acme.pk):
        assert Batch.objects.count() == 1
        Tick.objects.update(due_at=F("due_at") - TWICE)
    sent(client, f"{page_of(schedule)}run/", {}, status=302)
    with tenant(acme.pk):
        assert Batch.objects.count() == 2


@pytest.mark.parametrize(("make", "told"), [(make_schedule, "Nothing to score"), (live, "Refused")])
def test_what_a_run_came_to_is_told(make: Any, told: str, acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make()
    client = looker(acme, role=Role.ENGINEER)
    sent(client, f"{page_of(schedule)}run/", {}, status=302)
    assert told in client.get(page_of(schedule)).content.decode()


def test_an_admin_takes_it_away(acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make_schedule()
    address = f"{page_of(schedule)}remove/"
    assert looker(acme, role=Role.ENGINEER).post(address).status_code == 403
    sent(looker(acme, role=Role.ADMIN), address, {}, status=302)
    with tenant(acme.pk):
        assert not Schedule.objects.exists()
