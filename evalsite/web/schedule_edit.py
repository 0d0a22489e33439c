"""Add a schedule or change it: see when it would be due, then save it."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from evalsite.errors import EvalsiteError
from evalsite.schedules.models import Schedule
from evalsite.schedules.set_schedule import add_schedule, check_schedule, set_schedule
from evalsite.web.frame.page import page
from evalsite.web.schedule_form import ScheduleForm, coming, names_of_gates
from judges.protocol import VerdictError


@page("schedules", "add")
def new(request: HttpRequest) -> HttpResponse:
    """Add a schedule."""
    return _edited(request, None)


@page("schedules", "change")
def edit(request: HttpRequest, schedule_id: UUID) -> HttpResponse:
    """Change a schedule."""
    rows = Schedule.objects.select_related("suite", "target", "run")
    if request.method == "POST":
        rows = rows.select_for_update(of=("self",), no_key=True)
    return _edited(request, get_object_or_404(rows, pk=schedule_id))


def _edited(request: HttpRequest, schedule: Schedule | None) -> HttpResponse:
    form = ScheduleForm(request.POST if request.method == "POST" else None, start=schedule)
    context: dict[str, Any] = {"form": form, "schedule": schedule}
    if form.is_valid() and not form.is_stale():
        try:
            with transaction.atomic():
                saved = _looked_at(request, form, context=context)
        except (EvalsiteError, VerdictError) as error:
            form.show_error(error)
        else:
            if saved is not None:
                messages.success(request, f"Schedule {saved.name} is saved.")
                return redirect("schedule", saved.pk)
    context |= {"zones": _zones(), "gates": names_of_gates()}
    status = 422 if form.errors else 200
    return render(request, "web/schedule_edit.html", context, status=status)


def _looked_at(
    request: HttpRequest, form: ScheduleForm, *, context: dict[str, Any]
) -> Schedule | None:
    """Save what was looked at; show the times of what was not, or was changed since."""
    wanted, seen = form.wanted(), form.digest()
    if "save" in request.POST and request.POST.get("seen") == seen:
        save = set_schedule if form.start else add_schedule
        return save(wanted, actor=request.user)
    check_schedule(wanted)
    context |= {"seen": seen, "wanted": wanted, "times": coming(wanted)}
    context["changed"] = "save" in request.POST
    return None


@cache
def _zones() -> list[str]:
    """Name the time zones by place, and UTC."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


urlpatterns = [
    path("schedules/new/", new, name="schedule-new"),
    path("schedules/<uuid:schedule_id>/edit/", edit, name="schedule-edit"),
]
