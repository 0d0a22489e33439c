"""Results of experiments: recorded under their natural key, one by one or as a stream."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DictField,
    FloatField,
    IntegerField,
)

from evalsite.api.frame.asked import asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.parse import NDJSON, JSONLines
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.stream import send_lines
from evalsite.api.frame.take_lines import Strictness, Taken, take_lines
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.experiments.choices import Group
from evalsite.experiments.models import Experiment, Result
from evalsite.experiments.queries import result_of
from evalsite.experiments.record import record_results
from evalsite.trends.result_files import export_lines

_MEASURE: dict[str, Any] = {
    "required": False,
    "allow_null": True,
    "min_value": 0,
    "max_value": 1e12,
}
_AS_IS: dict[str, Any] = {"trim_whitespace": False}
_TEXT: dict[str, Any] = {"required": False, "allow_blank": True, **_AS_IS}


class ResultSerializer(Told[Result]):
    """One task's record."""

    metadata = DictField()

    class Meta:
        model = Result
        fields = (
            *("id", "experiment", "task", "group", "version", "repetition"),
            *("score", "success", "reason", "latency_ms", "tokens_used", "cost_usd"),
            *("model_version", "agent_name", "cluster", "judged_by", "metadata", "batch"),
            *("created_at", "recorded_at"),
        )


class NewResult(Wanted):
    """A result. Without a score it has `success`, of which the score is made, or a `reason`."""

    task = CharField(max_length=200, **_AS_IS)
    group = ChoiceField(choices=Group.choices)
    version = CharField(max_length=100, **_AS_IS)
    repetition = IntegerField(required=False, min_value=0, max_value=2**15 - 1)
    score = FloatField(required=False, allow_null=True, min_value=0, max_value=1)
    success = BooleanField(required=False, allow_null=True)
    reason = CharField(max_length=200, **_TEXT)
    latency_ms = FloatField(**_MEASURE)
    tokens_used = IntegerField(required=False, allow_null=True, min_value=0, max_value=2**63 - 1)
    cost_usd = FloatField(**_MEASURE)
    model_version = CharField(max_length=100, **_TEXT)
    agent_name = CharField(max_length=100, **_TEXT)
    cluster = CharField(max_length=200, help_text="Tasks that hang together.", **_TEXT)
    judged_by = CharField(max_length=64, help_text="Which judges gave it.", **_TEXT)
    metadata = DictField(required=False)


_EXAMPLE = OpenApiExample(
    "A task that passed",
    value={
        "task": "capital of France",
        "group": "variant",
        "version": "2.1",
        "success": True,
        "latency_ms": 840.5,
        "cost_usd": 0.0021,
    },
    request_only=True,
)


class Results(ListModelMixin, RetrieveModelMixin, Resource[Result]):
    """What was recorded in experiments."""

    room = "experiments"
    parameters: ClassVar = {"bulk": Strictness.names()}
    queryset = Result.objects.all()
    serializer_class = ResultSerializer
    filterset_fields: ClassVar = {"task": ["exact"], "group": ["exact"], "version": ["exact"]}

    def get_queryset(self) -> QuerySet[Result]:
        """Answer those of the experiment that the address names."""
        found = super().get_queryset()
        if "experiment_id" not in self.kwargs:
            return found
        return found.filter(experiment=self._experiment())

    @documented(
        request=NewResult,
        responses={200: ResultSerializer, 201: ResultSerializer},
        examples=[_EXAMPLE],
    )
    def create(self, request: Request, experiment_id: UUID) -> Response:
        """Record a result: 201 for a new one, 200 where it replaces what was there."""
        from evalsite.experiments.check import check_result

        experiment = self._experiment()
        checked = check_result(self.read(NewResult))
        done = record_results(experiment, [(1, checked)], actor=request.user)
        made = result_of(experiment, checked)
        return self.made(made, address="result", status=201 if done.new else 200)

    @documented(request={NDJSON: NewResult}, responses=Taken, parameters=[Strictness])
    def bulk(self, request: Request, experiment_id: UUID) -> Response:
        """Record a stream of results, a JSON object a line. What is there already is left alone."""
        from evalsite.exchange.result_files import import_result_lines

        strict = asked(request, Strictness).get("strict", True)
        done = import_result_lines(
            take_lines(request),
            experiment=self._experiment(),
            skip_bad=not strict,
            actor=request.user,
        )
        told = {**done.results._asdict(), "n_lost": done.bad, "lost": done.first_bad}
        return Response(Taken(told).data)

    @documented(responses={(200, NDJSON): OpenApiResponse(OpenApiTypes.STR, "A result a line.")})
    def export(self, request: Request, experiment_id: UUID) -> StreamingHttpResponse:
        """Send all results as JSON lines, in order of their natural key."""
        experiment = self._experiment()
        lines = export_lines(experiment, actor=request.user)
        return send_lines(lines, filename=f"{experiment.name}.jsonl")

    def _experiment(self) -> Experiment:
        return self.find(Experiment, self.kwargs["experiment_id"])


urlpatterns = [
    path(
        "experiments/<uuid:experiment_id>/results",
        Results.as_view({"get": "list", "post": "create"}),
        name="results",
    ),
    path(
        "experiments/<uuid:experiment_id>/results/bulk",
        Results.as_view({"post": "bulk"}, parser_classes=[JSONLines]),
        name="results-bulk",
    ),
    path(
        "experiments/<uuid:experiment_id>/results/export",
        Results.as_view({"get": "export"}),
        name="results-export",
    ),
    path("results/<uuid:pk>", Results.as_view({"get": "retrieve"}), name="result"),
]
