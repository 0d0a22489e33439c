"""Open the run of a tick: asked as the schedule's live run is, and with nothing answered yet."""

from __future__ import annotations

from evalsite.schedules.models import Tick
from evalsite.schedules.set_schedule import ScheduleInvalid
from evalsite.targets.models import Run
from evalsite.targets.open import RunMismatch, find_or_open


def open_anew(tick: Tick) -> Run:
    """Open the run; raises ScheduleInvalid, RunMismatch, and what `targets.open_run` does."""
    schedule, like = tick.schedule, tick.schedule.run
    if like is None:
        raise ScheduleInvalid("it names no live run")
    client = ("client_type", "client_version", "commit")
    return find_or_open(
        free_name(tick),
        target=schedule.target.name,
        client={field: getattr(like, field) for field in client},
        connection=like.connection,
        metadata={"schedule": schedule.name, "due_at": tick.due_at.isoformat()},
        actor=tick.begun_by,
    ).run


def free_name(tick: Tick) -> str:
    """Call a tick's run after its schedule and time; raises RunMismatch where there is one.

    One that somebody asked for is told by the microsecond.
    """
    name = f"{tick.schedule.name}-{tick.due_at:%Y%m%dT%H%M%S}"
    name += f"{tick.due_at:%f}" if tick.is_manual else ""
    if Run.objects.filter(name=name).exists():
        raise RunMismatch(f"there is a run {name!r} already")
    return name
