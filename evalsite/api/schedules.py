"""Schedules: what is evaluated again and again, and what each tick came to."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from django_filters.rest_framework import FilterSet
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, FloatField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import ByIdOrName
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.api.schedule_bodies import (
    EXAMPLES,
    NewSchedule,
    ScheduleEdit,
    change_schedule,
    new_schedule,
)
from evalsite.pipeline.run_schedules import run_now
from evalsite.schedules.models import Schedule, Tick
from evalsite.schedules.set_schedule import (
    add_schedule,
    remove_schedule,
    set_schedule,
    switch_schedule,
)


class ScheduleSerializer(Told[Schedule]):
    """A schedule; `next_at` is null while it is paused."""

    suite_name = CharField(source="suite.name")
    target_name = CharField(source="target.name")
    run_name = CharField(source="run.name", default=None, allow_null=True, read_only=True)
    options = DictField()
    selection = DictField(help_text="Empty: all cases.")
    max_cost_usd = FloatField(allow_null=True, help_text="Of each tick; null: no cap.")

    class Meta:
        model = Schedule
        fields: tuple[str, ...] = (
            *("id", "name", "kind", "suite", "suite_name", "target", "target_name", "run"),
            *("run_name", "crontab", "every_seconds", "time_zone", "catch_up", "catch_up_most"),
            *("options", "selection", "repetitions", "max_cost_usd", "gate", "percent", "most"),
            *("is_active", "next_at", "read_until", "created_by", "created_at", "changed_at"),
        )


class TickSerializer(Told[Tick]):
    """A tick, and what it came to."""

    class Meta:
        model = Tick
        fields: tuple[str, ...] = (
            *("id", "schedule", "due_at", "is_manual", "state", "batch", "code", "reason"),
            *("n_passed_over", "n_new", "begun_by", "created_at"),
        )


class ScheduleFilters(FilterSet):
    """Which schedules."""

    suite = ByIdOrName(field_name="suite")
    target = ByIdOrName(field_name="target")

    class Meta:
        model = Schedule
        fields: tuple[str, ...] = ("name", "kind", "is_active")


class Schedules(ListModelMixin, RetrieveModelMixin, Resource[Schedule]):
    """A tenant's schedules."""

    room = "schedules"
    verbs: ClassVar = dict.fromkeys(("pause", "resume", "run"), "change")
    queryset = Schedule.objects.select_related("suite", "target", "run")
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilters

    @documented(request=NewSchedule, responses={201: ScheduleSerializer}, examples=EXAMPLES)
    def create(self, request: Request) -> Response:
        """Add a schedule. It is due from now on."""
        made = new_schedule(self.read(NewSchedule))
        return self.made(add_schedule(made, actor=request.user), address="schedule")

    @documented(request=ScheduleEdit, responses=ScheduleSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a schedule; with another crontab or interval it is due from now on."""
        schedule = self.get_object()
        change_schedule(schedule, self.read(ScheduleEdit))
        return self._told(set_schedule(schedule, actor=request.user))

    @documented(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take a schedule away with its ticks; their batches stay."""
        remove_schedule(self.get_object(), actor=request.user)
        return Response(status=204)

    @documented(request=None, responses=ScheduleSerializer)
    def pause(self, request: Request, pk: UUID) -> Response:
        """Let nothing be due until somebody resumes it."""
        return self._switched(pk, on=False)

    @documented(request=None, responses=ScheduleSerializer)
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let it be due from now on; what was due meanwhile is not made up."""
        return self._switched(pk, on=True)

    @documented(request=None, responses={201: TickSerializer})
    def run(self, request: Request, pk: UUID) -> Response:
        """Run a tick now; when it is due next stays. What was refused says so in its `state`."""
        self.read(Wanted)
        tick = run_now(self.find(Schedule, pk), actor=request.user)
        return Response(TickSerializer(tick).data, status=201)

    def _switched(self, pk: UUID, *, on: bool) -> Response:
        self.read(Wanted)
        found = self.find(Schedule, pk)
        return self._told(switch_schedule(found, on=on, actor=self.request.user))

    def _told(self, schedule: Schedule) -> Response:
        return Response(self.get_serializer(schedule).data)


class Ticks(ListModelMixin, Resource[Tick]):
    """A schedule's ticks, the last first."""

    room = "schedules"
    queryset = Tick.objects.all()
    serializer_class = TickSerializer
    filterset_fields: ClassVar = {"state": ["exact"], "is_manual": ["exact"]}

    def get_queryset(self) -> QuerySet[Tick]:
        """Answer the ticks of the schedule that the address names."""
        ticks: QuerySet[Tick] = super().get_queryset()
        if "schedule_id" not in self.kwargs:
            return ticks
        return ticks.filter(schedule=self.find_id(Schedule, self.kwargs["schedule_id"]))


def _change(name: str) -> Any:
    return path(
        f"schedules/<uuid:pk>/{name}", Schedules.as_view({"post": name}), name=f"schedule-{name}"
    )


urlpatterns = [
    path("schedules", Schedules.as_view({"get": "list", "post": "create"}), name="schedules"),
    path(
        "schedules/<uuid:pk>",
        Schedules.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="schedule",
    ),
    *(_change(name) for name in ("pause", "resume", "run")),
    path("schedules/<uuid:schedule_id>/ticks", Ticks.as_view({"get": "list"}), name="ticks"),
]
