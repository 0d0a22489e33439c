"""A tick that is due starts a batch, or says why it cannot; the next one comes all the same."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from evalsite.alerts.models import Alert
from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.cases.models import Revision
from evalsite.gates.models import GateCheck
from evalsite.pipeline.coordinate import tenants_with_work, tick
from evalsite.pipeline.models import OutboxMessage
from evalsite.pipeline.run_schedules import run_due_schedules, run_next, run_now
from evalsite.pipeline.sweep import sweep
from evalsite.schedules.models import Schedule, Tick
from evalsite.schedules.set_schedule import remove_schedule, switch_schedule
from evalsite.targets.models import Output, Run
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_gate, make_subscription
from tests.pipeline.bench import deliver_all, statuses
from tests.schedules.scheduled import DAY, FUNCTION, let_be_due, live

HOUR = timedelta(hours=1)


def states() -> list[str]:
    return list(Tick.objects.order_by("pk").values_list("state", flat=True))


def test_a_live_system_is_asked_anew(as_acme: Tenant) -> None:
    schedule = live(2)
    for seconds in (90, 30):
        let_be_due(schedule, ago=timedelta(seconds=seconds))
        assert sweep()["scheduled"] == 1, Tick.objects.get().reason
    for batch in Batch.objects.all():
        assert set(statuses(deliver_all(batch)).values()) == {"failed"}  # it answers the question
    assert Output.objects.count() == 4
    assert Run.objects.filter(status="running", connection=FUNCTION).count() == 2


def test_the_tick_says_what_it_started(as_acme: Tenant) -> None:
    schedule = live()
    due = let_be_due(schedule)
    run_due_schedules()
    made = Tick.objects.select_related("batch__run").get()
    assert (made.due_at, made.state, made.batch) == (due, "started", Batch.objects.get())
    assert made.batch is not None
    assert made.batch.run.name == f"{schedule.name}-{due:%Y%m%dT%H%M%S}"


def test_what_is_not_due_starts_nothing(as_acme: Tenant) -> None:
    schedule = live()
    Schedule.objects.update(next_at=let_be_due(schedule) + HOUR)
    assert run_due_schedules() == 0


def test_it_is_moved_on(as_acme: Tenant) -> None:
    schedule = live()
    due = let_be_due(schedule)
    assert [run_due_schedules(), run_due_schedules()] == [1, 0]
    schedule.refresh_from_db()
    assert schedule.next_at == due + HOUR


def test_the_coordinator_hears_of_it(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        let_be_due(live())
    assert tenants_with_work() == [acme.pk]
    tick()
    with tenant(acme.pk):
        assert Batch.objects.count() == 1
        OutboxMessage.objects.all().delete()
        Batch.objects.update(state="finished")
    assert tenants_with_work() == []


def test_a_paused_one_is_not_due(as_acme: Tenant) -> None:
    schedule = live()
    let_be_due(schedule)
    switch_schedule(schedule, on=False)
    Schedule.objects.update(next_at=let_be_due(schedule))
    assert run_due_schedules() == 0


def test_a_tenant_that_was_closed_starts_nothing_more(as_acme: Tenant) -> None:
    let_be_due(live())
    Tenant.objects.update(is_active=False)
    assert run_due_schedules() == 0
    Tenant.objects.update(is_active=True)
    assert run_due_schedules() == 1


def test_resumed_it_is_due_from_now_on(as_acme: Tenant) -> None:
    schedule = live()
    switch_schedule(schedule, on=False)
    resumed = switch_schedule(schedule, on=True)
    assert resumed.next_at is not None
    assert let_be_due(schedule, ago=-HOUR) - resumed.next_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("rule", "came"), [("skip", ["missed"]), ("latest", ["started"]), ("all", ["started"] * 4)]
)
def test_missed_ticks_are_caught_up_by_rule(rule: str, came: list[str], as_acme: Tenant) -> None:
    schedule = live(catch_up=rule, catch_up_most=4)
    first = let_be_due(schedule, ago=12 * HOUR + HOUR / 2)
    run_due_schedules()
    assert states() == came
    made = Tick.objects.order_by("pk")
    assert made[0].n_passed_over == 13 - len(came)
    assert [one.due_at for one in made] == [first + HOUR * at for at in range(13 - len(came), 13)]


def test_one_that_is_a_little_late_is_not_skipped(as_acme: Tenant) -> None:
    let_be_due(live(catch_up="skip"), ago=timedelta(minutes=5))
    assert run_due_schedules() == 1


def without_cases(schedule: Schedule) -> None:
    Revision.objects.filter(suite=schedule.suite).update(until_version=2)
    schedule.suite.version = 2
    schedule.suite.save()


@pytest.fixture
def refused(as_acme: Tenant) -> Schedule:
    """A schedule that had no case to score."""
    schedule = live()
    make_subscription()
    without_cases(schedule)
    let_be_due(schedule)
    run_due_schedules()
    return schedule


def test_what_cannot_start_is_a_refused_tick(refused: Schedule) -> None:
    made = Tick.objects.get()
    assert (made.state, made.code, made.batch) == ("refused", "nothing_selected", None)
    entry = Entry.objects.get(action="schedule.tick_refused")
    assert entry.details["code"] == "nothing_selected"


def test_of_a_refused_tick_nothing_is_left(refused: Schedule) -> None:
    assert list(Run.objects.all()) == [refused.run]


def test_after_a_refused_tick_the_next_one_comes(refused: Schedule) -> None:
    Revision.objects.update(until_version=None)
    let_be_due(refused)
    assert run_due_schedules() == 1


def test_subscribers_are_told_of_the_first_of_several(refused: Schedule) -> None:
    let_be_due(refused)
    run_due_schedules()
    alert = Alert.objects.get()
    assert states() == ["refused", "refused"]
    assert refused.name in alert.subject
    assert "nothing_selected" in alert.text
    assert f"/schedules/{refused.pk}/" in alert.html


def test_one_whose_endpoint_is_gone_is_refused_and_stops_no_other(as_acme: Tenant) -> None:
    gone, good = live(), live()
    chat = {"kind": "chat", "endpoint": "gone", "model": "m", "messages": []}
    Run.objects.filter(target=gone.target).update(connection=chat)
    let_be_due(gone, ago=timedelta(minutes=1))
    let_be_due(good)
    assert run_due_schedules() == 1
    assert states() == ["refused", "started"]


def test_one_whose_pack_breaks_is_refused(as_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(options: object) -> None:
        raise ZeroDivisionError("a slip in a plug-in")

    let_be_due(live())
    monkeypatch.setattr("packs.exact.PACK.stages", broken)
    assert run_due_schedules() == 0
    assert Tick.objects.get().code == "plugin_crashed"


def test_one_whose_times_cannot_be_told_is_paused(as_acme: Tenant) -> None:
    schedule = live(crontab="0 6 * * *", time_zone="Mars/Base")
    let_be_due(schedule)
    assert run_due_schedules() == 0
    schedule.refresh_from_db()
    assert (schedule.is_active, Tick.objects.get().code) == (False, "time_zone_unknown")


def test_the_gate_is_asked_when_the_batch_ends(as_acme: Tenant) -> None:
    gate = make_gate()
    schedule = live(gate=gate.name)
    for minutes in (2, 1):
        let_be_due(schedule, ago=timedelta(minutes=minutes))
        run_due_schedules()
        deliver_all(Batch.objects.latest("created_at"))
    assert GateCheck.objects.get().gate == gate


def test_a_tick_now_does_not_move_the_next(as_acme: Tenant) -> None:
    schedule = live(is_active=False)
    made = run_now(schedule, actor="alice")
    assert (made.is_manual, made.begun_by, made.state) == (True, "alice", "started")
    schedule.refresh_from_db()
    assert schedule.next_at is None


def test_two_ticks_now_are_two_batches(as_acme: Tenant) -> None:
    schedule = live()
    assert run_now(schedule).batch_id != run_now(schedule).batch_id


def test_ticks_go_with_their_schedule_and_batches_stay(as_acme: Tenant) -> None:
    schedule = live()
    run_now(schedule)
    remove_schedule(schedule, actor="alice")
    assert (Tick.objects.count(), Batch.objects.count()) == (0, 1)
    assert Entry.objects.get(action="schedule.deleted").actor == "alice"


def test_a_batch_in_the_way_of_the_same_tick_is_not_doubled(as_acme: Tenant) -> None:
    schedule = live()
    due = let_be_due(schedule)
    run_next()
    Tick.objects.all().delete()
    Run.objects.filter(name__startswith=f"{schedule.name}-").update(name="moved")
    Schedule.objects.update(next_at=due)
    run_next()
    assert (Batch.objects.count(), states()) == (1, ["refused"])


def test_a_day_is_due_at_the_time_on_the_wall(as_acme: Tenant) -> None:
    schedule = live(crontab="30 6 * * *", time_zone="Europe/Berlin", catch_up="all")
    let_be_due(schedule, ago=3 * DAY)
    run_due_schedules()
    schedule.refresh_from_db()
    assert schedule.next_at is not None
    assert f"{schedule.next_at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}" == "06:30"
