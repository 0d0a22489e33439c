"""Findings of comparisons, metric by metric and slice by slice."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import path
from django_filters import CharFilter, ChoiceFilter, FilterSet
from rest_framework.mixins import ListModelMixin
from rest_framework.serializers import CharField, UUIDField

from evalsite.api.frame.filters import AtTime, ByIdOrName
from evalsite.api.frame.resource import Resource
from evalsite.api.reports import FindingSerializer
from evalsite.regressions.models import Comparison, Regression, Verdict
from evalsite.summaries.models import SliceKind


class ListedFinding(FindingSerializer):
    """A finding as a list tells it."""

    class Meta(FindingSerializer.Meta):
        fields = ("id", *FindingSerializer.Meta.fields)


class FindingFilters(FilterSet):
    """Which findings of a comparison."""

    metric = CharFilter(field_name="metric")
    slice_kind = ChoiceFilter(choices=SliceKind.choices)
    slice_value = CharFilter(field_name="slice_value")
    verdict = ChoiceFilter(choices=Verdict.choices)

    class Meta:
        model = Regression
        fields: tuple[str, ...] = ()


class Findings(ListModelMixin, Resource[Regression]):
    """All that one comparison found."""

    room = "regressions"
    queryset = Regression.objects.all()
    serializer_class = ListedFinding
    filterset_class = FindingFilters

    def get_queryset(self) -> QuerySet[Regression]:
        """Answer the findings of the comparison that the address names."""
        comparison_id = self.find_id(Comparison, self.kwargs["comparison_id"])
        return super().get_queryset().filter(comparison_id=comparison_id)


class RegressionSerializer(ListedFinding):
    """A metric that got worse, and in which comparison."""

    batch = UUIDField(source="comparison.batch_id")
    baseline = UUIDField(source="comparison.baseline_id")
    suite_name = CharField(source="comparison.batch.suite.name")
    run_name = CharField(source="comparison.batch.run.name")

    class Meta(ListedFinding.Meta):
        fields = (
            *ListedFinding.Meta.fields,
            *("comparison", "batch", "baseline", "suite_name", "run_name"),
        )


class RegressionFilters(FilterSet):
    """Which regressions."""

    suite = ByIdOrName(field_name="comparison__batch__suite")
    target = ByIdOrName(field_name="comparison__batch__run__target")
    metric = CharFilter(field_name="metric")
    slice_kind = ChoiceFilter(choices=SliceKind.choices)
    since = AtTime(field_name="comparison__created_at", lookup_expr="gte")

    class Meta:
        model = Regression
        fields: tuple[str, ...] = ()


class Regressions(ListModelMixin, Resource[Regression]):
    """What got worse, across all comparisons."""

    room = "regressions"
    queryset = Regression.objects.filter(verdict=Verdict.REGRESSED).select_related(
        "comparison__batch__suite", "comparison__batch__run"
    )
    serializer_class = RegressionSerializer
    filterset_class = RegressionFilters

    def get_queryset(self) -> QuerySet[Regression]:
        """Leave the manifests in the database."""
        told = ("comparison__attribution", "comparison__worst", "comparison__batch__manifest")
        return super().get_queryset().defer(*told)


urlpatterns = [
    path(
        "comparisons/<uuid:comparison_id>/regressions",
        Findings.as_view({"get": "list"}),
        name="comparison-regressions",
    ),
    path("regressions", Regressions.as_view({"get": "list"}), name="regressions"),
]
