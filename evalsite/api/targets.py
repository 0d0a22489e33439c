"""Targets: the systems under test."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.targets.models import Target
from evalsite.targets.set_target import add_target, describe_target, remove_target


class TargetSerializer(Told[Target]):
    """What is told of a target."""

    class Meta:
        model = Target
        fields = ("id", "name", "description", "created_at")


class TargetEdit(Wanted):
    """What may be changed about a target; runs are found by its name, which stays."""

    description = CharField(allow_blank=True, max_length=10_000)


class NewTarget(Wanted):
    """What a new target is made from."""

    name = CharField(max_length=100)
    description = CharField(default="", allow_blank=True, max_length=10_000)


class Targets(ListModelMixin, RetrieveModelMixin, Resource[Target]):
    """A tenant's systems under test."""

    room = "targets"
    queryset = Target.objects.all()
    serializer_class = TargetSerializer
    filterset_fields: ClassVar = {"name": ["exact"]}

    @documented(
        request=NewTarget,
        responses={201: TargetSerializer},
        examples=[OpenApiExample("a bot", {"name": "bot"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Make a target. One is also made with its first run."""
        return self.made(add_target(**self.read(NewTarget), actor=request.user), address="target")

    @documented(request=TargetEdit, responses=TargetSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is said about a target."""
        target = self.get_object()
        describe_target(target, **self.read(TargetEdit), actor=request.user)
        return Response(self.get_serializer(target).data)

    @documented(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete a target that was never run."""
        remove_target(self.get_object(), actor=request.user)
        return Response(status=204)


urlpatterns = [
    path("targets", Targets.as_view({"get": "list", "post": "create"}), name="targets"),
    path(
        "targets/<uuid:pk>",
        Targets.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="target",
    ),
]
