"""Outputs: what a run answered to the cases of a suite."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.urls import path
from django_filters.rest_framework import BooleanFilter, CharFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField

from evalsite.api.frame import paging
from evalsite.api.frame.asked import asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import WholeNumber
from evalsite.api.frame.named import suite_of
from evalsite.api.frame.parse import NDJSON, JSONLines
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.stream import send_lines
from evalsite.api.frame.take_lines import Strictness, Taken, take_lines
from evalsite.api.frame.told import Told
from evalsite.api.runs import RunSerializer
from evalsite.cases.queries import cases_called
from evalsite.targets.models import Output, Run
from evalsite.targets.queries import kept_answers, restore_answers


class OutputSerializer(Told[Output]):
    """An output; `error` says why there is no answer."""

    key = CharField(source="case.key", help_text="The case's.")

    class Meta:
        model = Output
        fields = (
            *("id", "run", "case", "key", "repetition", "answer", "error", "latency_ms"),
            *("tokens_in", "tokens_out", "cost_usd", "recorded_at"),
        )


class ByCase(CharFilter):
    """The outputs for the cases of that key."""

    def filter(self, outputs: QuerySet[Output], value: str) -> QuerySet[Output]:
        """Keep those outputs."""
        return outputs.filter(case__in=cases_called(value)) if value else outputs


class WithError(BooleanFilter):
    """The outputs that are an error, or those that are an answer."""

    def filter(self, outputs: QuerySet[Output], value: bool | None) -> QuerySet[Output]:
        """Keep those outputs."""
        if value is None:
            return outputs
        return outputs.exclude(error="") if value else outputs.filter(error="")


class OutputFilter(FilterSet):
    """What a list of outputs can be narrowed by."""

    key = ByCase()
    repetition = WholeNumber(min_value=0, max_value=2**15 - 1)
    error = WithError(help_text="Whether there is no answer.")


class OfSuite(Strictness):
    """Whose cases the keys of the lines name."""

    suite = CharField(max_length=100, help_text="The suite, by name or id.")


_LINE: Final[dict[str, Any]] = {
    "key": "capital-of-france",
    "answer": {"answer": "Paris"},
    "latency_ms": 412.5,
}


class OfRun(paging.ByCase):
    """A run's outputs by case."""

    ordering: Any = ("case_id", "repetition")


class Outputs(ListModelMixin, Resource[Output]):
    """What a run answered."""

    room = "targets"
    pagination_class = OfRun
    # Cases are fetched after: a join could tempt the planner to walk the cases of all suites.
    queryset = Output.objects.prefetch_related("case")
    serializer_class = OutputSerializer
    filterset_class = OutputFilter
    parameters: ClassVar = {"take": OfSuite.names()}

    def get_queryset(self) -> QuerySet[Output]:
        """Answer the outputs of the run that the address names."""
        outputs: QuerySet[Output] = super().get_queryset()
        if "run_id" not in self.kwargs:
            return outputs
        return kept_answers(outputs.filter(run=self.find_id(Run, self.kwargs["run_id"])))

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """Answer a page, its long answers fetched at once."""
        page = super().paginate_queryset(queryset)
        restore_answers(page or [])
        return page

    @documented(
        parameters=[OfSuite],
        request={NDJSON: OpenApiTypes.STR},
        responses=Taken,
        examples=[
            OpenApiExample(
                "a line",
                orjson.dumps(_LINE).decode() + "\n",
                request_only=True,
                media_type=NDJSON,
            )
        ],
    )
    def take(self, request: Request, run_id: UUID) -> Response:
        """Record outputs of an open run, read as they come; what is there already stays."""
        from evalsite.exchange.output_files import import_output_lines

        wanted = asked(request, OfSuite)
        done = import_output_lines(
            take_lines(request),
            run=self.find(Run, run_id),
            suite=suite_of(wanted["suite"]),
            skip_bad=not wanted.get("strict", True),
            actor=request.user,
        )
        told = {**done.outputs._asdict(), "n_lost": done.bad}
        return Response({**told, "lost": [bad._asdict() for bad in done.first_bad]})


class OutputExport(Resource[Run]):
    """A run's outputs as JSON lines."""

    room = "targets"
    queryset = Run.objects.all()
    serializer_class = RunSerializer

    @documented(responses={(200, NDJSON): OpenApiResponse(OpenApiTypes.STR, "An output a line.")})
    def send(self, request: Request, run_id: UUID) -> StreamingHttpResponse:
        """Send a run's outputs, a line each."""
        from evalsite.exchange.write_outputs import export_outputs

        run = self.find(Run, run_id)
        lines = export_outputs(run, actor=request.user)
        return send_lines((orjson.Fragment(line) for line in lines), filename=f"{run.name}.jsonl")


urlpatterns = [
    path(
        "runs/<uuid:run_id>/outputs",
        Outputs.as_view({"get": "list", "post": "take"}, parser_classes=[JSONLines]),
        name="outputs",
    ),
    path(
        "runs/<uuid:run_id>/outputs/export",
        OutputExport.as_view({"get": "send"}),
        name="outputs-export",
    ),
]
