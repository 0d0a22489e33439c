"""Schedules: when each is due, how its ticks went, and buttons to pause or run it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.clock import database_now
from evalsite.pipeline.run_schedules import TWICE, run_now
from evalsite.schedules.calendar import next_times
from evalsite.schedules.models import Schedule, TickState
from evalsite.schedules.queries import ticks_of
from evalsite.schedules.set_schedule import remove_schedule, switch_schedule
from evalsite.web.frame.page import act, may, page
from evalsite.web.frame.paging import page_of
from evalsite.web.schedule_form import SHOWN, on_the_wall
from evalsite.web.schedule_rows import schedule_rows, tick_rows


@page("schedules")
def listed(request: HttpRequest) -> HttpResponse:
    """Show the tenant's schedules by name, each with its next and its last tick."""
    schedules = Schedule.objects.select_related("suite", "target")
    if text := request.GET.get("q", "").strip().replace("\0", ""):
        named = Q(name__icontains=text) | Q(suite__name__icontains=text)
        schedules = schedules.filter(named | Q(target__name__icontains=text))
    shown = page_of(schedules, order=("name", "pk"), after=request.GET.get("after", ""))
    context = {
        "rows": schedule_rows(shown.rows),
        "next": shown.next,
        "text": text,
        "may_add": may(request, verb="add", room="schedules"),
    }
    return render(request, "web/schedules.html", context)


@page("schedules")
def detail(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Show one schedule and a page of its ticks, the last first; 404 for another tenant's."""
    schedule = _found(schedule_id)
    ticks = ticks_of(schedule)
    if (state := request.GET.get("state", "")) in TickState.values:
        ticks = ticks.filter(state=state)
    shown = page_of(ticks, order=("-pk",), after=request.GET.get("after", ""))
    context = {
        "schedule": schedule,
        "row": schedule_rows([schedule])[0],
        "times": on_the_wall(schedule, _coming(schedule)),
        "ticks": tick_rows(shown.rows),
        "next": shown.next,
        "state": state,
        "states": TickState.choices,
        "may_change": may(request, verb="change", room="schedules"),
        "may_remove": may(request, verb="delete", room="schedules"),
    }
    return render(request, "web/schedule.html", context)


@act("schedules")
def switch(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Pause the schedule, or resume it."""
    on = request.POST.get("do") == "resume"
    schedule = switch_schedule(_found(schedule_id), on=on, actor=request.user)
    told = "It is due from now on." if on else "Paused. Nothing is due until somebody resumes it."
    messages.success(request, told)
    return redirect("schedule", schedule.pk)


@act("schedules")
def run(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Run a tick now; who presses twice gets one."""
    tick = run_now(_found(schedule_id), actor=request.user, unless_since=TWICE)
    if tick.state == TickState.STARTED:
        messages.success(request, f"Started: {tick.batch.n_cases if tick.batch else 0} cases.")
    elif tick.state == TickState.EMPTY:
        messages.info(request, f"Nothing to score: {tick.n_new} outputs are new, none was drawn.")
    else:
        messages.error(request, f"Refused: {tick.reason}")
    return redirect("schedule", tick.schedule_id)


@act("schedules", "delete")
def take_away(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Take the schedule away; its batches stay."""
    schedule = _found(schedule_id)
    remove_schedule(schedule, actor=request.user)
    messages.success(request, f"Schedule {schedule.name} is taken away. Its batches stay.")
    return redirect("schedules")


def _found(schedule_id: UUID) -> Schedule:
    rows = Schedule.objects.select_related("suite", "target", "run")
    return get_object_or_404(rows, pk=schedule_id)


def _coming(schedule: Schedule) -> list[datetime]:
    """Answer when it is due next, after what is due already."""
    if schedule.next_at is None:
        return []
    first = schedule.next_at
    later = next_times(schedule.rhythm, after=max(first, database_now()), n=SHOWN - 1)
    return [first, *later]


urlpatterns = [
    path("schedules/", listed, name="schedules"),
    path("schedules/<uuid:schedule_id>/", detail, name="schedule"),
    path("schedules/<uuid:schedule_id>/switch/", switch, name="schedule-switch"),
    path("schedules/<uuid:schedule_id>/run/", run, name="schedule-run"),
    path("schedules/<uuid:schedule_id>/remove/", take_away, name="schedule-remove"),
]
