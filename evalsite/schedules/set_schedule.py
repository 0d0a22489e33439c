"""Say what is evaluated again and again, checked before it is kept; pause it, take it away."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.cases.read_selection import read_selection
from evalsite.clock import database_now
from evalsite.errors import EvalsiteError
from evalsite.gates.check import GateUnfit
from evalsite.gates.queries import find_gate, held
from evalsite.schedules.calendar import check_rhythm, next_time
from evalsite.schedules.models import Schedule, ScheduleKind
from evalsite.targets.models import EvalMode, Run
from packs.prepare import prepare

_AUDITED: Final = (
    *("name", "kind", "suite", "target", "run", "crontab", "every_seconds", "time_zone"),
    *("catch_up", "catch_up_most", "options", "selection", "repetitions", "max_cost_usd"),
    *("gate", "percent", "most", "is_active"),
)


class ScheduleInvalid(EvalsiteError):
    """A schedule has fields that cannot be kept, or do not go together."""

    code = "schedule_invalid"
    exit_code = 2
    http_status = 422


class ScheduleExists(EvalsiteError):
    """The tenant has a schedule of that name already."""

    code = "schedule_exists"
    hint = "change the one that is there, or choose another name"


def check_schedule(schedule: Schedule) -> None:
    """Raise an error for what could not work when it is due.

    ScheduleInvalid, CrontabInvalid, TimeZoneUnknown, NeverDue, SelectionInvalid, PackError,
    JudgeError, GateUnknown or GateUnfit.
    """
    try:
        schedule.clean_fields()
    except ValidationError as error:
        told = (f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
        raise ScheduleInvalid("; ".join(told)) from None
    if bool(schedule.crontab) == (schedule.every_seconds is not None):
        raise ScheduleInvalid("it needs a crontab or an interval, and not both")
    if not isinstance(schedule.options, dict):
        raise ScheduleInvalid("options are an object, such as {}")
    check_rhythm(schedule.rhythm)
    _check_kind(schedule)
    read_selection(schedule.selection)
    prepare(schedule.suite.pack, schedule.options)
    if schedule.gate:
        _require_gate(schedule)


def add_schedule(schedule: Schedule, *, actor: object = "") -> Schedule:
    """Keep a new schedule; raises ScheduleExists, and what `check_schedule` does."""
    try:
        with transaction.atomic():
            return set_schedule(schedule, actor=actor)
    except IntegrityError:
        raise ScheduleExists(f"there is a schedule {schedule.name!r} already") from None


def set_schedule(schedule: Schedule, *, actor: object = "") -> Schedule:
    """Keep a new or changed schedule; where its times change, it is due from now on.

    Raises what `check_schedule` does.
    """
    check_schedule(schedule)
    with transaction.atomic():
        before = _locked(schedule)
        now = database_now()
        # Ticks move these two: what was read with the form may be old.
        schedule.next_at = before.next_at if before else None
        schedule.read_until = before.read_until if before else now
        if not schedule.is_active:
            schedule.next_at = None
        elif schedule.next_at is None or before is None or before.rhythm != schedule.rhythm:
            schedule.next_at = next_time(schedule.rhythm, after=now)
        schedule.created_by = schedule.created_by or str(actor)[:200]
        schedule.save()
        sides = change(shown(before, *_AUDITED), shown(schedule, *_AUDITED))
        record("schedule.set", schedule, actor=actor, **sides)
    return schedule


def switch_schedule(schedule: Schedule, *, on: bool, actor: object = "") -> Schedule:
    """Pause a schedule, or resume it: from now on, what was due meanwhile is not made up."""
    with transaction.atomic():
        locked = _locked(schedule)
        if locked is None or locked.is_active == on:
            return locked or schedule
        locked.is_active = on
        locked.next_at = next_time(locked.rhythm, after=database_now()) if on else None
        locked.save(update_fields=["is_active", "next_at", "changed_at"])
        sides = change({"is_active": not on}, {"is_active": on})
        record(f"schedule.{'resumed' if on else 'paused'}", locked, actor=actor, **sides)
    return locked


def remove_schedule(schedule: Schedule, *, actor: object = "") -> None:
    """Take a schedule away with its ticks; their batches stay."""
    with transaction.atomic():
        record("schedule.deleted", schedule, actor=actor, before=shown(schedule, *_AUDITED))
        schedule.delete()


def _locked(schedule: Schedule) -> Schedule | None:
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("suite", "target", "run")
    return rows.filter(pk=schedule.pk).first()


def _check_kind(schedule: Schedule) -> None:
    run = schedule.run
    if schedule.kind == ScheduleKind.LIVE:
        if run is None or not _is_askable(run):
            raise ScheduleInvalid(
                "it needs a live run, as which each tick's run is asked",
                hint="open one: manage.py openrun --run NAME --live FILE.json",
            )
        if run.target_id != schedule.target_id:
            raise ScheduleInvalid(f"run {run.name!r} is of another target")
    elif run is not None or schedule.selection or schedule.repetitions != 1:
        raise ScheduleInvalid("a sample of recorded outputs has no run, selection or repetitions")


def _is_askable(run: Run) -> bool:
    return run.eval_mode == EvalMode.LIVE and run.connection is not None


def _require_gate(schedule: Schedule) -> None:
    gate = held(find_gate(schedule.gate))
    sides = ((gate.suite, schedule.suite.name), (gate.target, schedule.target.name))
    if any(wanted not in (None, given) for wanted, given in sides):
        raise GateUnfit(f"gate {gate.name!r} is for another suite or target")
