"""Trends: a metric from version to version, with its interval at each point."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DateTimeField,
    DictField,
    FloatField,
    IntegerField,
    Serializer,
)

from evalsite.api.frame.asked import Asked, asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.experiments.choices import Group
from evalsite.trends.points import Point, newest
from evalsite.trends.selection import NoResults, Selection
from evalsite.trends.trend import METRICS, trend

_ONLY_RESULTS = "Of experiments' results only."


class PointSerializer(Serializer[Any]):
    """A metric of one version; null where there is too little to tell."""

    line = DictField(child=CharField(), help_text="An experiment's group, or a target on a suite.")
    version = CharField()
    avg = FloatField(allow_null=True)
    low = FloatField(allow_null=True, help_text="Of the 95 % interval.")
    high = FloatField(allow_null=True)
    min = FloatField(allow_null=True)
    max = FloatField(allow_null=True)
    n = IntegerField(help_text="Tasks or cases.")
    samples = IntegerField(help_text="Results, or cases of batches, that were measured.")
    unscored = IntegerField(help_text="Those that were not: they are in no other figure.")
    first_recorded = DateTimeField()
    last_recorded = DateTimeField()


class TrendSerializer(Serializer[Any]):
    """The points of all lines, each line's in the order in which its versions first came."""

    metric = ChoiceField(choices=METRICS)
    points = PointSerializer(many=True)


class TrendAsked(Asked):
    """Which metric, and of what; what is left out lets all through."""

    metric = ChoiceField(choices=METRICS, default="score")
    experiment = CharField(required=False, help_text=f"An experiment's name. {_ONLY_RESULTS}")
    group = ChoiceField(required=False, choices=Group.choices, help_text=_ONLY_RESULTS)
    agent = CharField(required=False, help_text=_ONLY_RESULTS)
    model = CharField(required=False, help_text=_ONLY_RESULTS)
    suite = CharField(required=False, help_text="A suite's name.")
    target = CharField(required=False, help_text="A target's name.")
    days = FloatField(required=False, min_value=0, max_value=36_500, help_text="Not older.")
    versions = IntegerField(
        required=False, min_value=1, max_value=10_000, help_text="The newest of each line."
    )


class Trends(Resource[Any]):
    """What was measured, from version to version."""

    room = "trends"
    parameters = TrendAsked.names()
    serializer_class = TrendSerializer

    @documented(parameters=[TrendAsked])
    def show(self, request: Request) -> Response:
        """Tell a trend over experiments' results, and over finished batches of whole suites."""
        wanted = asked(request, TrendAsked)
        metric, versions = wanted.pop("metric"), wanted.pop("versions", None)
        points = _points(Selection(**wanted), metric=metric)
        told = {"metric": metric, "points": newest(points, limit=versions)}
        return Response(self.get_serializer(told).data)


def _points(selection: Selection, *, metric: str) -> list[Point]:
    """A selection that leaves nothing has no points: of a list that is no error."""
    try:
        return trend(selection, metric=metric)
    except NoResults:
        return []


urlpatterns = [path("trends", Trends.as_view({"get": "show"}), name="trends")]
