"""Summaries: a batch's figures, whole and per slice."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import path
from django_filters import CharFilter, ChoiceFilter, FilterSet
from rest_framework.mixins import ListModelMixin
from rest_framework.serializers import (
    DictField,
    FloatField,
    IntegerField,
    ListField,
    Serializer,
)

from evalsite.api.frame.paging import ByCursor
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.batches.models import Batch
from evalsite.summaries.models import SliceKind, Summary


class StageSummary(Serializer[Any]):
    """One stage: cases per status, and their mean score with its 95 % interval."""

    n = IntegerField()
    passed = IntegerField()
    failed = IntegerField()
    unscored = IntegerField()
    errored = IntegerField()
    skipped = IntegerField()
    not_applicable = IntegerField()
    scored = IntegerField(help_text="Cases in the mean.")
    mean = FloatField(allow_null=True)
    low = FloatField(allow_null=True)
    high = FloatField(allow_null=True)


class SummarySerializer(Told[Summary]):
    """One slice of a batch; counts are of cases, means leave out what was not scored."""

    pass_at = ListField(child=FloatField(), allow_null=True, help_text="pass@k for k from 1.")
    pass_hat = ListField(child=FloatField(), allow_null=True, help_text="pass^k for k from 1.")
    stages = DictField(child=StageSummary())

    class Meta:
        model = Summary
        fields: tuple[str, ...] = (
            *("slice_kind", "slice_value", "n", "passed", "failed", "unscored", "errored"),
            *("pass_rate", "pass_low", "pass_high", "pass_at", "pass_hat"),
            *("mean_score", "score_low", "score_high", "stages"),
            *("latency_p50", "latency_p95", "latency_p99"),
            *("tokens_in", "tokens_out", "cost_usd", "cost_known"),
        )


class BySlice(ByCursor):
    """The whole first, then slice by slice."""

    ordering: Any = ("slice_kind", "slice_value")
    # Of one kind a suite may have any number.
    offset_cutoff = 10**6


class SummaryFilters(FilterSet):
    """Which slices."""

    slice_kind = ChoiceFilter(choices=SliceKind.choices)
    slice_value = CharFilter(field_name="slice_value")

    class Meta:
        model = Summary
        fields: tuple[str, ...] = ()


class Summaries(ListModelMixin, Resource[Summary]):
    """A batch's figures; none before it is finished, paused or cancelled."""

    room = "summaries"
    queryset = Summary.objects.all()
    serializer_class = SummarySerializer
    filterset_class = SummaryFilters
    pagination_class = BySlice

    def get_queryset(self) -> QuerySet[Summary]:
        """Answer the rows of the batch that the address names."""
        batch_id = self.find_id(Batch, self.kwargs["batch_id"])
        return super().get_queryset().filter(batch_id=batch_id)


urlpatterns = [
    path(
        "batches/<uuid:batch_id>/summaries",
        Summaries.as_view({"get": "list"}),
        name="batch-summaries",
    ),
]
