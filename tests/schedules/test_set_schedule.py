"""A schedule is checked before it is kept, and each change is in the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.clock import database_now
from evalsite.errors import EvalsiteError
from evalsite.schedules.models import Schedule
from evalsite.schedules.set_schedule import add_schedule, set_schedule, switch_schedule
from evalsite.targets.set_target import TargetInUse, remove_target
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from judges.protocol import VerdictError
from tests.factories import make_gate, make_run, make_suite, make_target
from tests.schedule_rows import make_schedule
from tests.schedules.scheduled import let_be_due, live
from tests.web.looking import looker


def test_a_new_one_is_due_from_now_on(as_acme: Tenant) -> None:
    made = Schedule(
        name="online", kind="recorded", suite=make_suite(), target=make_target(), every_seconds=3600
    )
    add_schedule(made, actor="alice")
    assert made.next_at is not None
    assert made.read_until is not None
    assert timedelta(minutes=59) < made.next_at - database_now() <= timedelta(hours=1)
    entry = Entry.objects.get(action="schedule.set")
    assert (entry.after or {})["name"] == "online"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "no name"}, "schedule_invalid"),
        ({"every_seconds": 59}, "schedule_invalid"),
        ({"every_seconds": None}, "schedule_invalid"),
        ({"crontab": "0 6 * * *"}, "schedule_invalid"),
        ({"crontab": "no", "every_seconds": None}, "crontab_invalid"),
        ({"time_zone": "Mars/Base"}, "time_zone_unknown"),
        ({"percent": 0.0}, "schedule_invalid"),
        ({"most": 2001}, "schedule_invalid"),
        ({"catch_up_most": 101}, "schedule_invalid"),
        ({"repetitions": 2}, "schedule_invalid"),
        ({"selection": {"tags": ["a"]}}, "schedule_invalid"),
        ({"options": {"no": "such"}}, "options_invalid"),
        ({"gate": "gone"}, "gate_unknown"),
    ],
)
def test_what_could_not_work_is_refused(fields: Any, code: str, as_acme: Tenant) -> None:
    schedule = make_schedule()
    for name, value in fields.items():
        setattr(schedule, name, value)
    with pytest.raises((EvalsiteError, VerdictError)) as refused:
        set_schedule(schedule)
    assert getattr(refused.value, "code", "") == code
    assert not Entry.objects.filter(action="schedule.set").exists()


def test_a_live_one_needs_a_live_run_of_its_target(as_acme: Tenant) -> None:
    schedule = live()
    for run in (None, make_run(target=schedule.target), live().run):
        schedule.run = run
        with pytest.raises(EvalsiteError) as refused:
            set_schedule(schedule)
        assert refused.value.code == "schedule_invalid"


def test_a_gate_of_another_suite_is_refused(as_acme: Tenant) -> None:
    schedule = live(gate=make_gate(suite=make_suite()).name)
    with pytest.raises(EvalsiteError) as refused:
        set_schedule(schedule)
    assert refused.value.code == "gate_unfit"


def test_a_name_is_taken_once(as_acme: Tenant) -> None:
    first = make_schedule()
    other = make_schedule()
    taken = Schedule(
        name=first.name, kind="recorded", suite=other.suite, target=other.target, every_seconds=60
    )
    with pytest.raises(EvalsiteError) as refused:
        add_schedule(taken)
    assert refused.value.code == "schedule_exists"


def test_a_change_does_not_undo_what_a_tick_has_moved(as_acme: Tenant) -> None:
    schedule = live()
    due = let_be_due(schedule)
    schedule.catch_up = "skip"  # read before the tick moved it
    set_schedule(schedule)
    schedule.refresh_from_db()
    assert (schedule.next_at, schedule.catch_up) == (due, "skip")


def test_with_another_crontab_it_is_due_from_now_on(as_acme: Tenant) -> None:
    schedule = live()
    let_be_due(schedule)
    schedule.every_seconds = 7200
    set_schedule(schedule)
    assert schedule.next_at is not None
    assert schedule.next_at > database_now() + timedelta(minutes=119)


def test_pausing_twice_is_told_once(as_acme: Tenant) -> None:
    schedule = live()
    for _ in range(2):
        switch_schedule(schedule, on=False, actor="alice")
    assert Entry.objects.get(action="schedule.paused").actor == "alice"


def test_what_it_rests_on_stays(as_acme: Tenant) -> None:
    with pytest.raises(TargetInUse):
        remove_target(make_schedule().target)


def admin_fields(schedule: Schedule, **fields: Any) -> dict[str, Any]:
    names = ("name", "kind", "time_zone", "catch_up", "catch_up_most", "repetitions")
    given = {name: getattr(schedule, name) for name in (*names, "percent", "most", "every_seconds")}
    rows = {"suite": schedule.suite_id, "target": schedule.target_id}
    return {**given, **rows, "options": "{}", "selection": "{}", "is_active": "on", **fields}


def changed_in_admin(acme: Tenant, schedule: Schedule, **fields: Any) -> Client:
    client = looker(acme, role=Role.ENGINEER)
    sent = admin_fields(schedule, **fields)
    client.post(f"/admin/schedules/schedule/{schedule.pk}/change/", sent)
    return client


def test_the_admin_saves_through_the_verb(acme: Tenant) -> None:
    with tenant(acme.pk):
        schedule = make_schedule()
    changed_in_admin(acme, schedule, every_seconds=7200)
    changed_in_admin(acme, schedule, every_seconds=5)
    with tenant(acme.pk):
        schedule.refresh_from_db()
        assert schedule.every_seconds == 7200
        assert Entry.objects.filter(action="schedule.set").count() == 1
    assert Schedule in site._registry
