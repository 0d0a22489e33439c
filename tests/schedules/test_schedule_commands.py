"""The commands: setschedule, listschedules, runschedule."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.batches.models import Batch
from evalsite.schedules.models import Schedule
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite, make_target
from tests.schedule_rows import make_schedule
from tests.schedules.scheduled import live


@pytest.fixture
def nightly(acme: Tenant) -> Schedule:
    """A schedule that asks a function anew."""
    with tenant(acme.pk):
        return live(name="nightly")


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_schedule_is_set_and_set_again(
    nightly: Schedule, acme: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, run = nightly.suite.name, nightly.run.name if nightly.run else ""
    zone = {"time_zone": "Europe/Berlin", "json": True}
    for crontab in ("30 6 * * 1-5", "0 7 * * *"):
        call_command("setschedule", "nightly", suite=suite, run=run, crontab=crontab, **zone)
    with tenant(acme.pk):
        kept = Schedule.objects.get()
    assert (kept.crontab, kept.every_seconds, kept.kind) == ("0 7 * * *", None, "live")
    assert objects(capsys)[-1]["id"] == str(kept.pk)


def test_a_sample_is_set(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite, target = make_suite(), make_target()
    given = {"suite": suite.name, "target": target.name, "percent": 5.0, "most": 50}
    call_command("setschedule", "online", "--every", "6h", **given)
    with tenant(acme.pk):
        kept = Schedule.objects.get()
    assert (kept.kind, kept.every_seconds, kept.percent, kept.most) == ("recorded", 21600, 5.0, 50)


@pytest.mark.parametrize("every", ["1", "h", "1w", "-5m", "9999999999m"])
def test_an_interval_that_is_none_is_refused(every: str, acme: Tenant) -> None:
    with pytest.raises(CommandError, match="no interval"):
        call_command("setschedule", "x", f"--every={every}", "--suite", "s", "--target", "t")


def test_the_list_says_when_each_is_due(
    nightly: Schedule, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("listschedules", json=True)
    (told,) = objects(capsys)
    assert (told["name"], told["last_state"], told["next_at"]) == ("nightly", "", None)


def test_a_tick_now_prints_its_batch(
    nightly: Schedule, acme: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("runschedule", "nightly", json=True)
    (told,) = objects(capsys)
    with tenant(acme.pk):
        assert told["batch"] == str(Batch.objects.get().pk)
    call_command("listschedules", name="nightly")
    assert "started" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("made", "status"), [(make_schedule, 5), (lambda **fields: live(0, **fields), 1)]
)
def test_a_tick_now_that_starts_nothing_says_so(made: Any, status: int, acme: Tenant) -> None:
    with tenant(acme.pk):
        made(name="online")
    with pytest.raises(SystemExit) as left:
        call_command("runschedule", "online")
    assert left.value.code == status


def test_one_that_is_not_there_is_told(acme: Tenant) -> None:
    with pytest.raises(CommandError, match="schedule_unknown"):
        call_command("runschedule", "gone")
