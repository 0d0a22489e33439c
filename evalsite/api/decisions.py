"""Decisions about experiments: deploy, reject or needs_review, with all that they rest on."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import path
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    FloatField,
    IntegerField,
    Serializer,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.experiments.choices import Claim, Metric
from evalsite.experiments.models import Decision, Experiment
from evalsite.experiments.queries import newest_decision


class ReasonSerializer(Serializer[Any]):
    """One reason of a verdict."""

    code = CharField()
    text = CharField()


class DeclarationSerializer(Serializer[Any]):
    """What the experiment had declared when it was decided."""

    primary_metric = ChoiceField(choices=Metric.choices)
    claim = ChoiceField(choices=Claim.choices)
    margin = FloatField()
    alpha = FloatField()
    tie_band = FloatField()
    peek_safe = BooleanField()
    max_slower = FloatField(allow_null=True)
    max_dearer = FloatField(allow_null=True)


class FigureSerializer(Serializer[Any]):
    """One metric over the tasks that both groups have, in its unit."""

    metric = ChoiceField(choices=Metric.choices)
    n = IntegerField()
    baseline = FloatField(allow_null=True)
    variant = FloatField(allow_null=True)
    difference = FloatField(allow_null=True)
    low = FloatField(allow_null=True)
    high = FloatField(allow_null=True)
    p_value = FloatField(allow_null=True)
    method = CharField()
    improvement = FloatField(allow_null=True, help_text="Turned so that more is better.")
    per_cent = FloatField(allow_null=True)
    per_cent_low = FloatField(allow_null=True)
    per_cent_high = FloatField(allow_null=True)


class AttritionSerializer(Serializer[Any]):
    """What a group had, and what of it could not be counted."""

    results = IntegerField()
    tasks = IntegerField()
    unscored = IntegerField()
    unpaired = IntegerField()


class GroupsSerializer(Serializer[Any]):
    """Both groups."""

    baseline = AttritionSerializer()
    variant = AttritionSerializer()


class SavedSerializer(Serializer[Any]):
    """What stopping the variant's batch early saved; empty where it ran through."""

    cases = IntegerField(required=False)
    of = IntegerField(required=False)
    looks = IntegerField(required=False)
    usd = FloatField(required=False)
    seconds = FloatField(required=False)


class FiguresSerializer(Serializer[Any]):
    """The figures that a decision rests on."""

    metrics = FigureSerializer(many=True, required=False)
    groups = GroupsSerializer(required=False)
    saved = SavedSerializer(required=False)


class DecisionSerializer(Told[Decision]):
    """A decision, as it was frozen."""

    reasons = ReasonSerializer(many=True)
    declaration = DeclarationSerializer()
    figures = FiguresSerializer()

    class Meta:
        model = Decision
        fields = (
            *("id", "experiment", "verdict", "reasons", "declaration", "figures"),
            *("baseline_version", "variant_version", "n_pairs", "wins", "losses", "ties"),
            *("effect", "effect_low", "effect_high", "p_value", "method", "more_cases"),
            *("decided_by", "decided_at"),
        )


class Versions(Wanted):
    """Which versions are compared; the newest of each group unless named."""

    baseline_version = CharField(default="", allow_blank=True, max_length=100)
    variant_version = CharField(default="", allow_blank=True, max_length=100)


_EXAMPLE = OpenApiExample("The newest versions", value={}, request_only=True)


class Decisions(ListModelMixin, RetrieveModelMixin, Resource[Decision]):
    """What was decided about experiments."""

    room = "experiments"
    verbs: ClassVar = {"decide": "change"}
    queryset = Decision.objects.all()
    serializer_class = DecisionSerializer
    filterset_fields: ClassVar = {"verdict": ["exact"]}

    def get_queryset(self) -> QuerySet[Decision]:
        """Answer those of the experiment that the address names."""
        found = super().get_queryset()
        if "experiment_id" not in self.kwargs:
            return found
        return found.filter(experiment=self.find_id(Experiment, self.kwargs["experiment_id"]))

    @documented(
        request=Versions,
        responses={200: DecisionSerializer, 201: DecisionSerializer},
        examples=[_EXAMPLE],
    )
    def decide(self, request: Request, experiment_id: UUID) -> Response:
        """Decide by what is recorded. 200 is the decision of one that is decided already."""
        from evalsite.experiments.decide import decide

        experiment, versions = self.find(Experiment, experiment_id), self.read(Versions)
        before = newest_decision(experiment)
        decision = decide(experiment, actor=request.user, **versions)
        status = 200 if before and before.pk == decision.pk else 201
        return self.made(decision, address="decision", status=status)


urlpatterns = [
    path(
        "experiments/<uuid:experiment_id>/decide",
        Decisions.as_view({"post": "decide"}),
        name="experiment-decide",
    ),
    path(
        "experiments/<uuid:experiment_id>/decisions",
        Decisions.as_view({"get": "list"}),
        name="decisions",
    ),
    path("decisions/<uuid:pk>", Decisions.as_view({"get": "retrieve"}), name="decision"),
]
