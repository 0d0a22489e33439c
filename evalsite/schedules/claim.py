"""Claim the tick that is due: by the database's clock, and each for one coordinator only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError, UsageError
from evalsite.schedules.calendar import due_times, next_time
from evalsite.schedules.models import CatchUp, Schedule, Tick

# Later than that a tick was missed: a sweep may take a while, a coordinator a moment to take over.
GRACE: Final = timedelta(minutes=10)

# The row stays locked until the tick is written; what another holds is passed by. A tenant that
# was closed starts nothing more.
_CLAIM: Final = """
    SELECT s.id, clock_timestamp() FROM schedules_schedule s
    WHERE s.is_active AND s.next_at <= statement_timestamp()
      AND EXISTS (SELECT 1 FROM tenants_tenant t WHERE t.id = s.tenant_id AND t.is_active)
    ORDER BY s.next_at LIMIT 1 FOR NO KEY UPDATE OF s SKIP LOCKED
"""


class Claim(NamedTuple):
    """A tick to write now, and when the schedule is due after it.

    `is_missed`: it is only to be noted. `refusal`: its time cannot be told any more, and there is
    no tick `following`.
    """

    schedule: Schedule
    due_at: datetime
    following: datetime | None
    n_passed_over: int = 0
    is_missed: bool = False
    refusal: EvalsiteError | None = None


def claim_due() -> Claim | None:
    """Lock the schedule that is due longest, and answer its tick; None where nothing is due.

    Needs a transaction, which must also write the tick and move the schedule: `settle`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM)
        row = cursor.fetchone()
    if row is None:
        return None
    schedule = Schedule.objects.select_related("suite", "target", "run").get(pk=row[0])
    first: datetime = schedule.next_at or row[1]
    try:
        return decided(schedule, first=first, now=row[1])
    except UsageError as error:
        return Claim(schedule=schedule, due_at=first, following=None, refusal=error)


def decided(schedule: Schedule, *, first: datetime, now: datetime) -> Claim:
    """Answer which of the times due from `first` up to now is the tick, by the catch-up rule.

    Raises what `calendar.check_rhythm` does.
    """
    rule = schedule.catch_up
    most = schedule.catch_up_most if rule == CatchUp.ALL else 1
    due = due_times(schedule.rhythm, first=first, now=now, most=most)
    due_at = due.times[0]
    return Claim(
        schedule=schedule,
        due_at=due_at,
        following=next_time(schedule.rhythm, after=due_at),
        n_passed_over=due.n_before,
        is_missed=rule == CatchUp.SKIP and now - due_at > GRACE,
    )


def settle(tick: Tick, *, following: datetime | None) -> None:
    """Write a claimed tick and move its schedule on; without a `following` tick it is paused."""
    tick.save(force_insert=True)
    moved = Schedule.objects.filter(pk=tick.schedule_id)
    moved.update(next_at=following, is_active=following is not None)
    note(tick)


def note(tick: Tick) -> None:
    """Put a written tick into the audit trail."""
    told = {"batch": str(tick.batch_id) if tick.batch_id else "", "code": tick.code}
    details = {name: text for name, text in told.items() if text}
    if tick.n_passed_over:
        details["passed_over"] = str(tick.n_passed_over)
    record(
        f"schedule.tick_{tick.state}",
        tick.schedule,
        actor=tick.begun_by,
        due_at=tick.due_at.isoformat(),
        **details,
    )
