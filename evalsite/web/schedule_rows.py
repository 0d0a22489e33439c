"""Schedules and ticks with what their batches came to: a few queries, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.regressions.models import Regression
from evalsite.regressions.queries import own_headlines
from evalsite.schedules.models import Schedule, Tick
from evalsite.schedules.queries import newest_ticks
from evalsite.summaries.models import Summary
from evalsite.summaries.queries import headlines
from evalsite.web.charts.sparkline import SparkPoint

POINTS: Final = 20


class TickRow(NamedTuple):
    """A tick, the figures of its batch, and what was found against the baseline."""

    tick: Tick
    whole: Summary | None
    found: Regression | None


class ScheduleRow(NamedTuple):
    """A schedule, its last tick, its last batch, and pass rates for a sparkline, oldest first."""

    schedule: Schedule
    last: Tick | None
    scored: TickRow | None
    points: list[SparkPoint]


def tick_rows(ticks: Sequence[Tick]) -> list[TickRow]:
    """Answer each tick with what its batch came to so far."""
    ids = [tick.batch_id for tick in ticks if tick.batch_id]
    wholes = {row.batch_id: row for row in headlines(ids)}
    found = {row.comparison.batch_id: row for row in own_headlines(ids)}
    return [
        TickRow(tick, wholes.get(tick.batch_id), found.get(tick.batch_id))
        if tick.batch_id
        else TickRow(tick, None, None)
        for tick in ticks
    ]


def schedule_rows(schedules: Sequence[Schedule]) -> list[ScheduleRow]:
    """Answer each schedule with how its last ticks went."""
    newest = newest_ticks([schedule.pk for schedule in schedules], n=POINTS)
    rows = tick_rows([tick for ticks in newest.values() for tick in ticks])
    by_schedule: dict[object, list[TickRow]] = {}
    for row in rows:
        by_schedule.setdefault(row.tick.schedule_id, []).append(row)
    return [_row(schedule, by_schedule.get(schedule.pk, [])) for schedule in schedules]


def _row(schedule: Schedule, rows: list[TickRow]) -> ScheduleRow:
    """Put a schedule's ticks together, which are the newest first."""
    points = [_point(row) for row in reversed(rows) if row.whole is not None]
    return ScheduleRow(
        schedule,
        rows[0].tick if rows else None,
        next((row for row in rows if row.whole is not None), None),
        points,
    )


def _point(row: TickRow) -> SparkPoint:
    whole, name = row.whole, f"{row.tick.due_at:%Y-%m-%d %H:%M}"
    if whole is None:
        return None, None, None, name
    return whole.pass_rate, whole.pass_low, whole.pass_high, name
