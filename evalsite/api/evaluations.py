"""Evaluations: what the completed runs of a target are evaluated on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.urls import path
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    DictField,
    FloatField,
    IntegerField,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import ByIdOrName
from evalsite.api.frame.named import suite_of, target_of
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.api.orders import Cases, money
from evalsite.cases.read_selection import read_selection
from evalsite.pipeline.models import Evaluation
from evalsite.pipeline.run_arguments import MOST_REPETITIONS
from evalsite.pipeline.set_evaluation import add_evaluation, set_evaluation

_DEAREST: Final = 999_999_999


class EvaluationSerializer(Told[Evaluation]):
    """What is told of an evaluation."""

    target_name = CharField(source="target.name")
    suite_name = CharField(source="suite.name")
    options = DictField()
    selection = DictField(help_text="Empty: all cases.")
    max_cost_usd = FloatField(allow_null=True, help_text="Null: no cap.")

    class Meta:
        model = Evaluation
        fields = (
            *("id", "name", "target", "target_name", "suite", "suite_name", "options"),
            *("selection", "repetitions", "max_cost_usd", "gate", "is_active"),
            *("created_by", "created_at", "changed_at"),
        )


class EvaluationEdit(Wanted):
    """What may be changed about an evaluation; what is left out stays."""

    options = DictField(required=False, help_text="The pack's, its judges among them.")
    selection = Cases(required=False, help_text="Empty: all cases.")
    repetitions = IntegerField(required=False, min_value=1, max_value=MOST_REPETITIONS)
    max_cost_usd = FloatField(
        required=False, allow_null=True, min_value=0, max_value=_DEAREST, help_text="Null: no cap."
    )
    gate = CharField(
        required=False, allow_blank=True, max_length=100, help_text="Its name; empty: none."
    )
    is_active = BooleanField(required=False, help_text="False: completed runs start nothing.")


class NewEvaluation(EvaluationEdit):
    """What a new evaluation is made from."""

    target = CharField(max_length=100, help_text="Its id or name.")
    suite = CharField(max_length=100, help_text="Its id or name.")
    name = CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="Tells several of one target and suite apart.",
    )


class EvaluationFilter(FilterSet):
    """What a list of evaluations can be narrowed by."""

    target = ByIdOrName(field_name="target")
    suite = ByIdOrName(field_name="suite")

    class Meta:
        model = Evaluation
        fields = ("name", "is_active")


class Evaluations(ListModelMixin, RetrieveModelMixin, Resource[Evaluation]):
    """What a tenant's targets are evaluated on."""

    room = "pipeline"
    queryset = Evaluation.objects.select_related("target", "suite")
    serializer_class = EvaluationSerializer
    filterset_class = EvaluationFilter

    @documented(
        request=NewEvaluation,
        responses={201: EvaluationSerializer},
        examples=[
            OpenApiExample("a target", {"target": "bot", "suite": "capitals"}, request_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        """Say what a target's runs are evaluated on as soon as they are completed."""
        fields = self.read(NewEvaluation)
        target, suite = target_of(fields.pop("target")), suite_of(fields.pop("suite"))
        made = Evaluation(target=target, suite=suite, **_kept(fields))
        return self.made(add_evaluation(made, actor=request.user), address="evaluation")

    @documented(request=EvaluationEdit, responses=EvaluationSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change an evaluation; runs that it was refused for are due once more."""
        evaluation = self.get_object()
        for name, value in _kept(self.read(EvaluationEdit)).items():
            setattr(evaluation, name, value)
        set_evaluation(evaluation, actor=request.user)
        return Response(self.get_serializer(evaluation).data)


def _kept(fields: dict[str, Any]) -> dict[str, Any]:
    """Answer a body's fields as the row keeps them."""
    kept: dict[str, Any] = dict(fields)
    if "selection" in kept:
        wish = dict(kept["selection"])
        keys = {"keys": wish.pop("cases")} if "cases" in wish else {}
        kept["selection"] = read_selection({**wish, **keys}).as_json()
    if "max_cost_usd" in kept:
        cap: Decimal | None = money(kept["max_cost_usd"])
        kept["max_cost_usd"] = cap
    return kept


urlpatterns = [
    path(
        "evaluations",
        Evaluations.as_view({"get": "list", "post": "create"}),
        name="evaluations",
    ),
    path(
        "evaluations/<uuid:pk>",
        Evaluations.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="evaluation",
    ),
]
