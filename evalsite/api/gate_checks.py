"""What gates answered: is this batch better than its baseline?"""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import path, reverse
from django_filters import CharFilter, ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    FloatField,
    IntegerField,
    Serializer,
    SerializerMethodField,
    UUIDField,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.files import Markdown, Xml
from evalsite.api.frame.named import run_of
from evalsite.api.frame.render import Json
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.gate_bodies import ASKING, Question
from evalsite.api.reports import ComparisonReport
from evalsite.batches.models import Batch, BatchState
from evalsite.gates.ask import ask, newest_batch
from evalsite.gates.demand import EXIT_CODES
from evalsite.gates.job_page import as_markdown
from evalsite.gates.models import Gate, GateCheck, GateOutcome
from evalsite.gates.reasons import Code


class RuleAnswer(Serializer[Any]):
    """One rule's answer. Numbers are in the metric's unit, after less before."""

    rule = CharField(help_text="primary, guard, limit or condition")
    title = CharField()
    outcome = ChoiceField(choices=GateOutcome.choices)
    code = ChoiceField(choices=[code.value for code in Code])
    text = CharField()
    metric = CharField(allow_blank=True)
    slice_kind = CharField()
    slice_value = CharField(allow_blank=True)
    n_pairs = IntegerField(allow_null=True)
    before = FloatField(allow_null=True)
    after = FloatField(allow_null=True)
    effect = FloatField(allow_null=True)
    effect_low = FloatField(allow_null=True)
    effect_high = FloatField(allow_null=True)
    p = FloatField(allow_null=True, help_text="Of the claim, or of harm for a guard.")
    p_corrected = FloatField(allow_null=True)
    margin = FloatField(allow_null=True)
    margin_percent = FloatField(allow_null=True)
    limit = FloatField(allow_null=True)
    more_cases = IntegerField(allow_null=True, help_text="About how many more would settle it.")


class CheckLinks(Serializer[Any]):
    """Where more is told, and the files for a CI job."""

    batch = CharField()
    comparison = CharField()
    junit = CharField()
    markdown = CharField()


class GateCheckSerializer(Told[GateCheck]):
    """What is told of an answer in a list."""

    batch = UUIDField(source="comparison.batch_id")
    baseline = UUIDField(source="comparison.baseline_id")
    run_name = CharField(source="comparison.batch.run.name")
    state = ChoiceField(choices=BatchState.choices, source="comparison.batch.state")
    exit_code = SerializerMethodField()

    class Meta:
        model = GateCheck
        fields: tuple[str, ...] = (
            *("id", "gate", "gate_name", "gate_version", "outcome", "exit_code"),
            *("batch", "state", "run_name", "baseline", "actor", "created_at"),
        )

    def get_exit_code(self, check: GateCheck) -> int:
        """Answer what a CI job ends with: 0 passed, 3 failed, 4 needs review."""
        return EXIT_CODES[GateOutcome(check.outcome)]


class GateCheckDetail(GateCheckSerializer):
    """An answer with every rule's reason, the comparison it rests on, and the page for people."""

    reasons = RuleAnswer(many=True)
    comparison = ComparisonReport()
    markdown = SerializerMethodField()
    links = SerializerMethodField()

    class Meta(GateCheckSerializer.Meta):
        fields = (
            *GateCheckSerializer.Meta.fields,
            *("reasons", "comparison", "markdown", "links"),
        )

    def get_markdown(self, check: GateCheck) -> str:
        """Answer the page."""
        return _page(check)

    @extend_schema_field(CheckLinks)
    def get_links(self, check: GateCheck) -> Any:
        """Say where more is told."""
        return {
            "batch": reverse("api:batch", args=[check.comparison.batch_id]),
            "comparison": reverse("api:comparison", args=[check.comparison_id]),
            "junit": reverse("api:gate-check-junit", args=[check.pk]),
            "markdown": reverse("api:gate-check-markdown", args=[check.pk]),
        }


class GateCheckFilters(FilterSet):
    """Which answers."""

    gate_name = CharFilter(field_name="gate_name")
    batch = UUIDFilter(field_name="comparison__batch_id")
    run = UUIDFilter(field_name="comparison__batch__run_id")
    outcome = ChoiceFilter(choices=GateOutcome.choices)

    class Meta:
        model = GateCheck
        fields: tuple[str, ...] = ()


class GateChecks(ListModelMixin, RetrieveModelMixin, Resource[GateCheck]):
    """What a tenant's gates answered."""

    room = "gates"
    queryset = GateCheck.objects.select_related(
        "comparison__batch__run", "comparison__batch__suite", "comparison__baseline__run"
    )
    serializer_class = GateCheckDetail
    filterset_class = GateCheckFilters

    def get_serializer_class(self) -> Any:
        """Tell of one answer more than of each in a list."""
        return GateCheckSerializer if self.action == "list" else GateCheckDetail

    def get_queryset(self) -> QuerySet[GateCheck]:
        """Answer those of the gate that the address names, if it names one."""
        if "gate_id" not in self.kwargs:
            return super().get_queryset()
        return super().get_queryset().filter(gate=self.find_id(Gate, self.kwargs["gate_id"]))

    @documented(request=Question, responses={201: GateCheckDetail}, examples=ASKING)
    def create(self, request: Request, gate_id: UUID) -> Response:
        """Ask the gate whether a batch, or a run's newest finished batch, is good enough."""
        gate, asked = self.find(Gate, gate_id), self.read(Question)
        if "batch" in asked:
            batch = self.find(Batch, asked["batch"])
        else:
            batch = newest_batch(run_of(asked["run"]), gate=gate)
        made = ask(gate, batch, baseline=asked.get("baseline", ""), actor=request.user)
        return self.made(made, address="gate-check")

    @documented(responses={(200, "application/xml"): OpenApiTypes.STR})
    def junit(self, request: Request, pk: UUID) -> HttpResponse:
        """Answer JUnit XML: a test case for each rule, and for each case."""
        from evalsite.gates.junit import write_junit

        check, file = self.get_object(), BytesIO()
        write_junit(file, check.comparison.batch, check=check)
        return HttpResponse(file.getvalue(), content_type="application/xml")

    @documented(responses={(200, "text/markdown"): OpenApiTypes.STR})
    def markdown(self, request: Request, pk: UUID) -> HttpResponse:
        """Answer the page for people, as a CI job shows it."""
        return HttpResponse(_page(self.get_object()), content_type="text/markdown; charset=utf-8")


def _page(check: GateCheck) -> str:
    return as_markdown(check.comparison.batch, check.comparison, check=check)


def _file(name: str, renderer: type[Json]) -> Any:
    view = GateChecks.as_view({"get": name}, renderer_classes=[renderer, Json])
    return path(f"gate-checks/<uuid:pk>/{name}", view, name=f"gate-check-{name}")


urlpatterns = [
    path("gates/<uuid:gate_id>/check", GateChecks.as_view({"post": "create"}), name="gate-ask"),
    path("gates/<uuid:gate_id>/checks", GateChecks.as_view({"get": "list"}), name="gate-answers"),
    path("gate-checks", GateChecks.as_view({"get": "list"}), name="gate-checks"),
    path("gate-checks/<uuid:pk>", GateChecks.as_view({"get": "retrieve"}), name="gate-check"),
    _file("junit", Xml),
    _file("markdown", Markdown),
]
