"""Find schedules, and what their ticks came to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from evalsite.errors import EvalsiteError
from evalsite.schedules.models import Schedule, Tick

# A few index entries of each schedule, however long it has run.
_NEWEST: Final = """
    SELECT newest.id FROM unnest(%s::uuid[]) AS wanted (schedule)
    CROSS JOIN LATERAL (
        SELECT id FROM schedules_tick WHERE schedule_id = wanted.schedule
        ORDER BY id DESC LIMIT %s) AS newest
"""


class ScheduleUnknown(EvalsiteError):
    """The tenant has no schedule of that name."""

    code = "schedule_unknown"
    hint = "manage.py listschedules shows what there is"
    exit_code = 2
    http_status = 422


def find_schedule(name: str) -> Schedule:
    """Answer the schedule of that name; raises ScheduleUnknown."""
    found = Schedule.objects.select_related("suite", "target", "run").filter(name=name).first()
    if found is None:
        raise ScheduleUnknown(f"there is no schedule {name!r}")
    return found


def ticks_of(schedule: Schedule) -> QuerySet[Tick]:
    """Answer a schedule's ticks with their batches, in no order."""
    found = Tick.objects.filter(schedule=schedule)
    return found.select_related("batch__run", "batch__suite").defer("batch__manifest")


def newest_ticks(schedules: Iterable[UUID], *, n: int) -> dict[UUID, list[Tick]]:
    """Answer each schedule's last ticks, the newest first; none for one that was never due."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [list(schedules), n])
        ids = [tick for (tick,) in cursor.fetchall()]
    found: dict[UUID, list[Tick]] = {}
    ticks = Tick.objects.filter(pk__in=ids).select_related("batch").defer("batch__manifest")
    for tick in ticks.order_by("-pk"):
        found.setdefault(tick.schedule_id, []).append(tick)
    return found
