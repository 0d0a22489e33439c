"""Comparisons: what became better or worse, and how sure that is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
from django_filters import BooleanFilter, ChoiceFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, Serializer, UUIDField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import ByIdOrName
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.api.reports import ComparisonReport, WorseCaseSerializer
from evalsite.batches.models import Batch
from evalsite.regressions.ask import ask_comparison
from evalsite.regressions.models import Comparison, Verdict
from evalsite.regressions.queries import worst_cases
from evalsite.regressions.worst import KEPT


class ComparisonSerializer(Told[Comparison]):
    """What is told of a comparison in a list."""

    suite_name = CharField(source="batch.suite.name")
    run_name = CharField(source="batch.run.name")
    baseline_run_name = CharField(source="baseline.run.name")

    class Meta:
        model = Comparison
        fields: tuple[str, ...] = (
            *("id", "batch", "baseline", "suite_name", "run_name", "baseline_run_name"),
            *("chosen_by", "is_own", "verdict", "reason", "created_at"),
        )


class NewComparison(Wanted):
    """What is compared with what."""

    batch = UUIDField()
    baseline = CharField(
        required=False, max_length=200,
        help_text="A batch's id, previous, pinned, version:V or commit:C; else the one due.",
    )  # fmt: skip


class WorstCases(Serializer[Any]):
    """The cases that got worse, the biggest drop first."""

    results = WorseCaseSerializer(many=True)


class ComparisonFilters(FilterSet):
    """Which comparisons."""

    batch = UUIDFilter(field_name="batch_id")
    baseline = UUIDFilter(field_name="baseline_id")
    suite = ByIdOrName(field_name="batch__suite")
    verdict = ChoiceFilter(choices=Verdict.choices)
    is_own = BooleanFilter(field_name="is_own")

    class Meta:
        model = Comparison
        fields: tuple[str, ...] = ()


_EXAMPLE = OpenApiExample(
    "With a version",
    value={"batch": "01997a0c-7f3e-7c1a-8b55-1f2e3d4c5b6a", "baseline": "version:1.4"},
    request_only=True,
)


class Comparisons(ListModelMixin, RetrieveModelMixin, Resource[Comparison]):
    """A tenant's comparisons."""

    room = "regressions"
    queryset = Comparison.objects.select_related("batch__suite", "batch__run", "baseline__run")
    serializer_class = ComparisonReport
    filterset_class = ComparisonFilters

    def get_serializer_class(self) -> Any:
        """Tell of one comparison all that it found."""
        return ComparisonSerializer if self.action == "list" else ComparisonReport

    def get_queryset(self) -> QuerySet[Comparison]:
        """Leave what only the report tells in the database for lists."""
        rows = super().get_queryset()
        told = ("attribution", "worst", "losses", "batch__manifest", "baseline__manifest")
        return rows.defer(*told) if self.action == "list" else rows

    @documented(request=NewComparison, responses={201: ComparisonReport}, examples=[_EXAMPLE])
    def create(self, request: Request) -> Response:
        """Compare two finished batches of one suite; doing it again replaces what was found."""
        wanted = self.read(NewComparison)
        batch = self.find(Batch, wanted["batch"])
        baseline = wanted.get("baseline", "")
        made = ask_comparison(batch, baseline=baseline, actor=request.user)
        return self.made(made, address="comparison")

    @documented(responses=ComparisonReport)
    def own(self, request: Request, batch_id: UUID) -> Response:
        """Answer what was found when the batch was closed, against the baseline due to it."""
        found = get_object_or_404(self.get_queryset(), batch=batch_id, is_own=True)
        return Response(self.get_serializer(found).data)

    @documented(responses=WorstCases)
    def cases(self, request: Request, pk: UUID) -> Response:
        """Answer the cases that got worse, at most 20, with each stage's reason."""
        found = worst_cases(self.get_object(), limit=KEPT)
        return Response(WorstCases({"results": found}).data)


urlpatterns = [
    path(
        "batches/<uuid:batch_id>/comparison",
        Comparisons.as_view({"get": "own"}),
        name="batch-comparison",
    ),
    path(
        "comparisons",
        Comparisons.as_view({"get": "list", "post": "create"}),
        name="comparisons",
    ),
    path("comparisons/<uuid:pk>", Comparisons.as_view({"get": "retrieve"}), name="comparison"),
    path(
        "comparisons/<uuid:pk>/cases",
        Comparisons.as_view({"get": "cases"}),
        name="comparison-cases",
    ),
]
