"""Schedules over a suite that a live function answers, or over what was recorded for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from evalsite.schedules.models import Schedule
from evalsite.targets.models import Output, Run
from tests.factories import make_case, make_output, make_revision, make_run, make_suite
from tests.schedule_rows import make_schedule

FUNCTION = {"kind": "callable", "path": "tests.pipeline.told_target:answer"}
DAY = timedelta(days=1)


def live(n: int = 1, **fields: Any) -> Schedule:
    """A schedule that asks a function anew for each of `n` cases, each hour; not due yet."""
    suite = make_suite()
    for number in range(n):
        make_revision(case=make_case(suite=suite, key=f"case-{number:03}"))
    run = make_run(eval_mode="live", status="pending", connection=FUNCTION)
    asked = {"kind": "live", "suite": suite, "target": run.target, "run": run}
    return make_schedule(**{**asked, **fields})


def sampling(run: Run, **fields: Any) -> Schedule:
    """A schedule that samples what the run's target answers from an hour ago on; not due yet."""
    since = timezone.now() - timedelta(hours=1)
    return make_schedule(**{"target": run.target, "read_until": since, **fields})


def recorded(run: Run, schedule: Schedule, *, n: int, prefix: str = "case") -> list[Output]:
    """Record an answer to each of `n` new cases, a minute ago."""
    made = []
    for number in range(n):
        case = make_case(suite=schedule.suite, key=f"{prefix}-{number:04}")
        make_revision(case=case)
        made.append(make_output(run=run, case=case))
    date_back(made)
    return made


def date_back(outputs: list[Output]) -> None:
    """Let them have been recorded a minute ago: a test's one transaction has only one time."""
    ids = [output.pk for output in outputs]
    Output.objects.filter(pk__in=ids).update(recorded_at=timezone.now() - timedelta(minutes=1))


def let_be_due(schedule: Schedule, *, ago: timedelta = timedelta(seconds=1)) -> datetime:
    """Let the schedule be due since so long, by the database's clock; answers since when."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE schedules_schedule SET next_at = clock_timestamp() - make_interval(secs => %s)"
            " WHERE id = %s RETURNING next_at",
            [ago.total_seconds(), schedule.pk],
        )
        since: datetime = cursor.fetchone()[0]
    return since
