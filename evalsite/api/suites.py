"""Suites: named, versioned sets of cases."""

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
from evalsite.cases.curate import create_suite, describe_suite
from evalsite.cases.models import Suite


class SuiteSerializer(Told[Suite]):
    """What is told of a suite."""

    class Meta:
        model = Suite
        fields = ("id", "name", "pack", "description", "version", "cluster_key", "created_at")


class NewSuite(Wanted):
    """What a new suite is made from."""

    name = CharField(max_length=100)
    pack = CharField(max_length=100)
    description = CharField(default="", allow_blank=True)
    cluster_key = CharField(default="", allow_blank=True, max_length=100)


class SuiteEdit(Wanted):
    """What may be changed about a suite; its cases have addresses of their own."""

    description = CharField(required=False, allow_blank=True)
    cluster_key = CharField(required=False, allow_blank=True, max_length=100)


class Suites(ListModelMixin, RetrieveModelMixin, Resource[Suite]):
    """A tenant's suites."""

    room = "cases"
    queryset = Suite.objects.all()
    serializer_class = SuiteSerializer
    filterset_fields: ClassVar = {"name": ["exact"], "pack": ["exact"]}

    @documented(
        request=NewSuite,
        responses={201: SuiteSerializer},
        examples=[
            OpenApiExample(
                "of the pack exact", {"name": "capitals", "pack": "exact"}, request_only=True
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Make an empty suite."""
        suite = create_suite(**self.read(NewSuite), actor=request.user)
        return self.made(suite, address="suite")

    @documented(request=SuiteEdit, responses=SuiteSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what the suite says about itself."""
        suite = self.get_object()
        edit = {"description": suite.description, **self.read(SuiteEdit)}
        describe_suite(suite, **edit, actor=request.user)
        return Response(self.get_serializer(suite).data)


urlpatterns = [
    path("suites", Suites.as_view({"get": "list", "post": "create"}), name="suites"),
    path(
        "suites/<uuid:pk>",
        Suites.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="suite",
    ),
]
