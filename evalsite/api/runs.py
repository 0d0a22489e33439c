"""Runs: one version of a target being evaluated."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.urls import path
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, DictField, JSONField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import ByIdOrName
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.targets.complete import complete_run, fail_run
from evalsite.targets.describe_run import describe_run
from evalsite.targets.models import Run
from evalsite.targets.open import find_or_open
from evalsite.targets.queries import name_of_target

_CLIENT: Final = ("client_type", "client_version", "commit")


class RunSerializer(Told[Run]):
    """What is told of a run."""

    target_name = CharField(source="target.name")
    connection = JSONField(help_text="How a live target is asked; null for a recorded run.")
    metadata = DictField()

    class Meta:
        model = Run
        fields = (
            *("id", "name", "target", "target_name", *_CLIENT, "eval_mode", "status"),
            *("connection", "metadata", "created_at", "completed_at", "outputs_purged_at"),
        )


class NewRun(Wanted):
    """What a run is opened with."""

    name = CharField(max_length=100)
    target = CharField(
        required=False,
        max_length=100,
        help_text="Name or id; a name that is new makes the target. Without it: the run's name.",
    )
    client_type = CharField(required=False, allow_blank=True, max_length=100)
    client_version = CharField(required=False, allow_blank=True, max_length=100)
    commit = CharField(required=False, allow_blank=True, max_length=64)
    connection = DictField(required=False, help_text="A live run; see docs/targets.md.")
    metadata = DictField(required=False)


class RunEdit(Wanted):
    """What may be changed about an open run."""

    metadata = DictField()


class FailedRun(Wanted):
    """Why a run broke off."""

    reason = CharField(default="", allow_blank=True, max_length=500)


class RunFilter(FilterSet):
    """What a list of runs can be narrowed by."""

    target = ByIdOrName(field_name="target")

    class Meta:
        model = Run
        fields = ("name", "status", *_CLIENT)


_EXAMPLE: Final[dict[str, Any]] = {
    "name": "bot-2026-11-21",
    "target": "bot",
    "client_version": "1.4.0",
    "commit": "9150e5d",
}


class Runs(ListModelMixin, RetrieveModelMixin, Resource[Run]):
    """A tenant's runs."""

    room = "targets"
    queryset = Run.objects.select_related("target")
    serializer_class = RunSerializer
    verbs: ClassVar = {"complete": "change", "fail": "change"}
    filterset_class = RunFilter

    @documented(
        request=NewRun,
        responses={200: RunSerializer, 201: RunSerializer},
        examples=[OpenApiExample("of a bot", _EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Open a run. One of that name that is the same is answered with 200."""
        wanted = self.read(NewRun)
        client = {field: wanted.pop(field, None) for field in _CLIENT}
        target = name_of_target(wanted.pop("target", None))
        opened = find_or_open(
            wanted.pop("name"), target=target, client=client, actor=request.user, **wanted
        )
        return self.made(opened.run, address="run", status=201 if opened.is_new else 200)

    @documented(request=RunEdit, responses=RunSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Replace the metadata of an open run."""
        run = self.get_object()
        describe_run(run, **self.read(RunEdit), actor=request.user)
        return Response(self.get_serializer(run).data)

    @documented(request=None, responses=RunSerializer)
    def complete(self, request: Request, pk: UUID) -> Response:
        """Say that no more outputs will come; what its target is evaluated on then starts."""
        run = self.get_object()
        complete_run(run, actor=request.user)
        return Response(self.get_serializer(run).data)

    @documented(request=FailedRun, responses=RunSerializer)
    def fail(self, request: Request, pk: UUID) -> Response:
        """Say that an open run broke off; it is never evaluated."""
        run = self.get_object()
        fail_run(run, **self.read(FailedRun), actor=request.user)
        return Response(self.get_serializer(run).data)


urlpatterns = [
    path("runs", Runs.as_view({"get": "list", "post": "create"}), name="runs"),
    path(
        "runs/<uuid:pk>",
        Runs.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="run",
    ),
    path("runs/<uuid:pk>/complete", Runs.as_view({"post": "complete"}), name="run-complete"),
    path("runs/<uuid:pk>/fail", Runs.as_view({"post": "fail"}), name="run-fail"),
]
