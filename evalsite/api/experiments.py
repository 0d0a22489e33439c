"""Experiments: a baseline against a variant, and what must be shown is declared first."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    FloatField,
    IntegerField,
    Serializer,
    SerializerMethodField,
    SlugField,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.named import suite_of
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.experiments.choices import Claim, Group, Metric
from evalsite.experiments.declare import amend, close_experiment, create_experiment
from evalsite.experiments.models import DECLARED, Experiment
from evalsite.experiments.queries import tallies

_MOST = 2**31 - 1
_ALPHA: dict[str, Any] = {"min_value": 0.0001, "max_value": 0.25}
_AMOUNT: dict[str, Any] = {"min_value": 0, "max_value": 1e12}


class VersionCount(Serializer[Any]):
    """What is there of a version of a group."""

    group = ChoiceField(choices=Group.choices)
    version = CharField()
    tasks = IntegerField()
    results = IntegerField()
    unscored = IntegerField()
    recorded_at = DateTimeField(help_text="The newest result's.")


class ExperimentSerializer(Told[Experiment]):
    """What is told of an experiment in a list."""

    class Meta:
        model = Experiment
        fields: tuple[str, ...] = (
            *("id", "name", "description", "suite", "state", *DECLARED),
            *("planned_cases", "locked_at", "created_by", "created_at"),
        )


class ExperimentDetail(ExperimentSerializer):
    """An experiment, with what is there of each version of its groups."""

    groups = SerializerMethodField()

    class Meta(ExperimentSerializer.Meta):
        fields = (*ExperimentSerializer.Meta.fields, "groups")

    @extend_schema_field(VersionCount(many=True))
    def get_groups(self, experiment: Experiment) -> Any:
        """Count what is there."""
        return VersionCount(tallies(experiment), many=True).data


class ExperimentEdit(Wanted):
    """What may be changed; after the first result only the description and the plan."""

    description = CharField(required=False, allow_blank=True, max_length=10_000)
    planned_cases = IntegerField(required=False, allow_null=True, min_value=0, max_value=_MOST)
    primary_metric = ChoiceField(required=False, choices=Metric.choices)
    claim = ChoiceField(required=False, choices=Claim.choices)
    margin = FloatField(required=False, help_text="In the metric's unit.", **_AMOUNT)
    alpha = FloatField(required=False, **_ALPHA)
    tie_band = FloatField(required=False, **_AMOUNT)
    peek_safe = BooleanField(required=False)
    max_slower = FloatField(required=False, allow_null=True, **_AMOUNT)
    max_dearer = FloatField(required=False, allow_null=True, **_AMOUNT)


class NewExperiment(ExperimentEdit):
    """The declaration of a new experiment."""

    name = SlugField(max_length=100)
    suite = CharField(
        required=False, allow_null=True, help_text="The only one to be run for it: id or name."
    )
    margin = FloatField(help_text="In the metric's unit.", **_AMOUNT)


_EXAMPLE = OpenApiExample(
    "Not worse by 2 points",
    value={"name": "prompt-v2", "margin": 0.02, "primary_metric": "success"},
    request_only=True,
)


class Experiments(ListModelMixin, RetrieveModelMixin, Resource[Experiment]):
    """A tenant's experiments."""

    room = "experiments"
    verbs: ClassVar = {"close": "change"}
    queryset = Experiment.objects.all()
    serializer_class = ExperimentDetail
    filterset_fields: ClassVar = {"state": ["exact"], "name": ["exact"]}

    def get_serializer_class(self) -> Any:
        """Count groups for one experiment, not for each of a list."""
        return ExperimentSerializer if self.action == "list" else ExperimentDetail

    @documented(request=NewExperiment, responses={201: ExperimentDetail}, examples=[_EXAMPLE])
    def create(self, request: Request) -> Response:
        """Declare an experiment. Its first result locks what decides."""
        declared = self.read(NewExperiment)
        suite = declared.pop("suite", None)
        about = suite_of(suite) if suite else None
        made = create_experiment(suite=about, actor=request.user, **declared)
        return self.made(made, address="experiment")

    @documented(request=ExperimentEdit, responses=ExperimentDetail)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change an experiment, as far as its results have not locked it."""
        changed = amend(self.get_object(), actor=request.user, **self.read(ExperimentEdit))
        return Response(self.get_serializer(changed).data)

    @documented(request=None, responses=ExperimentDetail)
    def close(self, request: Request, pk: UUID) -> Response:
        """Give an open experiment up: it takes no more results."""
        experiment = self.get_object()
        self.read(Wanted)
        closed = close_experiment(experiment, actor=request.user)
        return Response(self.get_serializer(closed).data)


urlpatterns = [
    path("experiments", Experiments.as_view({"get": "list", "post": "create"}), name="experiments"),
    path(
        "experiments/<uuid:pk>",
        Experiments.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="experiment",
    ),
    path(
        "experiments/<uuid:pk>/close",
        Experiments.as_view({"post": "close"}),
        name="experiment-close",
    ),
]
