"""Run what schedules are due to: each tick once, however many coordinators there are.

A tick is one transaction: the schedule is locked, its batch is planned, the tick is written and the
schedule moved on. Whoever is killed in between has done nothing, and the next does it all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from evalsite.alerts.news import Scheduled
from evalsite.alerts.notice import tick_refused
from evalsite.cases.queries import Selection
from evalsite.cases.read_selection import read_selection
from evalsite.clock import database_now
from evalsite.errors import EvalsiteError
from evalsite.pipeline import launch
from evalsite.pipeline.owe import tell
from evalsite.pipeline.try_twice import try_twice
from evalsite.schedules.claim import claim_due, note, settle
from evalsite.schedules.draw import draw
from evalsite.schedules.models import Schedule, ScheduleKind, Tick, TickState
from evalsite.schedules.open_anew import open_anew
from evalsite.schedules.queries import ScheduleUnknown
from evalsite.targets.models import Run
from judges.guard import Crash
from judges.protocol import VerdictError

# Of one tenant in one sweep: what is left is due to the next.
MOST_AT_ONCE: Final = 20
# Who presses a button twice within it means once.
TWICE: Final = timedelta(seconds=2)


def run_due_schedules() -> int:
    """Run the ticks that are due to the tenant in scope; answers how many batches that gave."""
    n_started = 0
    for _ in range(MOST_AT_ONCE):
        tick = run_next()
        if tick is None:
            break
        n_started += tick.state == TickState.STARTED
    return n_started


@transaction.atomic
def run_next() -> Tick | None:
    """Run the tick that is due longest; None where nothing is due, or others are at it.

    What cannot be started is a refused tick: it is told, and the next one comes all the same.
    """
    claim = claim_due()
    if claim is None:
        return None
    schedule = claim.schedule
    tick = Tick(schedule=schedule, due_at=claim.due_at, n_passed_over=claim.n_passed_over)
    tick.begun_by = f"schedule {schedule.name}"
    if claim.refusal is not None:
        _refuse(tick, claim.refusal)
    elif claim.is_missed:
        tick.state = TickState.MISSED
    else:
        _begin(tick)
    settle(tick, following=claim.following)
    _tell(tick)
    return tick


@transaction.atomic
def run_now(
    schedule: Schedule, *, actor: object = "", unless_since: timedelta | None = None
) -> Tick:
    """Run a tick that somebody asks for, of a paused schedule too; when it is due next stays.

    With `unless_since` a tick that the same actor asked for so short a time ago is answered again.
    Raises ScheduleUnknown for one that was taken away.
    """
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("suite", "target", "run").filter(pk=schedule.pk).first()
    if locked is None:
        raise ScheduleUnknown(f"there is no schedule {schedule.name!r} any more")
    tick = Tick(schedule=locked, due_at=database_now(), is_manual=True)
    tick.begun_by = str(actor)[:200] or f"schedule {locked.name}"
    if unless_since is not None and (before := _same(tick, since=tick.due_at - unless_since)):
        return before
    _begin(tick)
    tick.save(force_insert=True)
    note(tick)
    return tick


def _same(tick: Tick, *, since: datetime) -> Tick | None:
    """Answer the tick that the same actor asked for since then."""
    asked = {"schedule": tick.schedule, "is_manual": True, "begun_by": tick.begun_by}
    return Tick.objects.filter(**asked, due_at__gte=since).order_by("-due_at").first()


def _begin(tick: Tick) -> None:
    """Start the batch; what no rule foresaw, such as a broken plug-in, is refused as well."""
    refused = try_twice(_refusal, tick)
    if isinstance(refused, Crash):
        refused = EvalsiteError(refused.reason, code=refused.code)
    if refused is not None:
        _refuse(tick, refused)


def _refusal(tick: Tick) -> EvalsiteError | VerdictError | None:
    """Start the batch, or answer why it cannot be; nothing is left of what was refused."""
    try:
        with transaction.atomic():
            _start(tick)
    except (EvalsiteError, VerdictError) as error:
        return error
    return None


def _start(tick: Tick) -> None:
    if tick.schedule.kind == ScheduleKind.LIVE:
        _launch(tick, open_anew(tick), selection=read_selection(tick.schedule.selection))
        return
    drawn = draw(tick)
    tick.n_new = drawn.n_new
    if drawn.run is None:
        tick.state = TickState.EMPTY
    else:
        _launch(tick, drawn.run, selection=Selection(keys=drawn.keys))


def _launch(tick: Tick, run: Run, *, selection: Selection) -> None:
    schedule = tick.schedule
    tick.batch = launch.start(
        suite=schedule.suite,
        run=run,
        pack=schedule.suite.pack,
        options=schedule.options,
        selection=selection,
        repetitions=schedule.repetitions,
        max_cost_usd=schedule.max_cost_usd,
        request_key=f"tick:{schedule.pk.hex}:{tick.due_at.timestamp():.6f}",
        also={"schedule": schedule.name},
        actor=tick.begun_by,
    )
    tick.state = TickState.STARTED


def _refuse(tick: Tick, error: EvalsiteError | VerdictError) -> None:
    tick.state, tick.batch, tick.n_new = TickState.REFUSED, None, None
    tick.code, tick.reason = error.code, str(error)


def _tell(tick: Tick) -> None:
    """Tell subscribers of the first of several ticks that are refused for the same reason."""
    if tick.state != TickState.REFUSED:
        return
    before = Tick.objects.filter(schedule=tick.schedule_id, is_manual=False)
    last = before.exclude(pk=tick.pk).order_by("-pk").first()
    if last is None or last.code != tick.code:
        schedule = tick.schedule
        scheduled = Scheduled(schedule.pk, schedule.name, schedule.suite, schedule.target)
        told = f"Its tick of {tick.due_at:%Y-%m-%d %H:%M} UTC was refused: {tick.reason}"
        tell(tick_refused, tick.pk, scheduled, code=tick.code, told=told)
