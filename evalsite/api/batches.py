"""Batches: a run scored over a suite. They are started here, and scored elsewhere."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import path, reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DateTimeField,
    FloatField,
    IntegerField,
    ListField,
    Serializer,
    SerializerMethodField,
)

from evalsite.api.batch_filters import BatchFilters
from evalsite.api.forecasts import ForecastSerializer
from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.api.orders import EXAMPLES, MoreMoney, NewBatch, money, order_of
from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch, StepState
from evalsite.batches.queries import progress_by_step
from evalsite.pipeline import launch, order
from evalsite.pipeline.account import account
from evalsite.pipeline.pause import pause_by_hand


class MarkSerializer(Serializer[Any]):
    """A reservation about the judges, or why the batch is paused."""

    code = CharField()
    text = CharField()


class AccountSerializer(Serializer[Any]):
    """What the model calls came to, in US dollars."""

    spent_usd = FloatField()
    booked_usd = FloatField(help_text="Possibly spent: calls under way, or lost.")
    max_cost_usd = FloatField(allow_null=True, help_text="Null: no cap.")
    calls = IntegerField()
    unpriced = IntegerField(help_text="Calls of unknown price.")
    cached = IntegerField(help_text="Replies that were known.")


class StepProgressSerializer(Serializer[Any]):
    """How far a step is; a retry is a round of its own."""

    round = IntegerField()
    number = IntegerField()
    lane = CharField()
    stages = ListField(child=CharField(), help_text="Empty where a live system is asked.")
    state = ChoiceField(choices=StepState.choices)
    n_chunks = IntegerField()
    chunks_done = IntegerField()
    chunks_failed = IntegerField(help_text="Among those done: they killed their workers.")
    n_cases = IntegerField()
    cases_done = IntegerField()
    started_at = DateTimeField(allow_null=True)
    finished_at = DateTimeField(allow_null=True)


class BatchLinks(Serializer[Any]):
    """Where more is told."""

    scorecards = CharField()
    summaries = CharField()
    comparison = CharField(help_text="404 where there is no baseline, or not yet.")
    gate_checks = CharField()


class BatchSerializer(Told[Batch]):
    """What is told of a batch in a list."""

    suite_name = CharField(source="suite.name")
    run_name = CharField(source="run.name")
    target = CharField(source="run.target.name")
    spent_usd = FloatField()

    class Meta:
        model = Batch
        fields: tuple[str, ...] = (
            *("id", "state", "suite", "suite_name", "suite_version", "run", "run_name", "target"),
            *("pack", "n_cases", "repetitions", "priority", "spent_usd", "preflight"),
            *("paused_code", "paused_reason", "created_by", "created_at", "finished_at"),
        )


class BatchDetail(BatchSerializer):
    """A batch, how far it is, what it cost, and what to know before believing its figures."""

    marks = SerializerMethodField()
    account = SerializerMethodField()
    steps = SerializerMethodField()
    links = SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        fields = (
            *BatchSerializer.Meta.fields,
            *("options", "selection", "use_cache", "texts_purged_at", "cards_purged_at"),
            *("marks", "account", "steps", "links"),
        )

    @extend_schema_field(MarkSerializer(many=True))
    def get_marks(self, batch: Batch) -> Any:
        """Say what a reader must know."""
        return [mark._asdict() for mark in marks_of(batch)]

    @extend_schema_field(AccountSerializer)
    def get_account(self, batch: Batch) -> Any:
        """Say what was spent."""
        return account(batch)

    @extend_schema_field(StepProgressSerializer(many=True))
    def get_steps(self, batch: Batch) -> Any:
        """Say how far it is."""
        return [step._asdict() for step in progress_by_step(batch.pk)]

    @extend_schema_field(BatchLinks)
    def get_links(self, batch: Batch) -> Any:
        """Say where more is told."""
        names = ("scorecards", "summaries", "comparison")
        within = {name: reverse(f"api:batch-{name}", args=[batch.pk]) for name in names}
        return {**within, "gate_checks": f"{reverse('api:gate-checks')}?batch={batch.pk}"}


class Batches(ListModelMixin, RetrieveModelMixin, Resource[Batch]):
    """A tenant's batches."""

    room = "batches"
    verbs: ClassVar = {
        **dict.fromkeys(("cancel", "pause", "resume", "retry_errored"), "change"),
        "forecast": "view",
    }
    queryset = Batch.objects.select_related("suite", "run__target")
    serializer_class = BatchDetail
    filterset_class = BatchFilters

    def get_serializer_class(self) -> Any:
        """Tell of one batch more than of each in a list."""
        return BatchSerializer if self.action == "list" else BatchDetail

    @documented(request=NewBatch, responses={202: BatchDetail}, examples=EXAMPLES)
    def create(self, request: Request) -> Response:
        """Start a batch. Workers score it: look at its `Location` for how far it is."""
        batch = order.start(order_of(self.read(NewBatch)), actor=request.user)
        return self._under_way(batch)

    @documented(request=NewBatch, responses=ForecastSerializer, examples=EXAMPLES)
    def forecast(self, request: Request) -> Response:
        """Tell what such a batch would do and cost. Nothing is started or kept."""
        told = order.foresee(order_of(self.read(NewBatch)))
        return Response(ForecastSerializer(told).data)

    @documented(request=None, responses=BatchDetail)
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Stop a running or paused batch, and summarise what is there."""
        self.read(Wanted)
        launch.cancel(self.find(Batch, pk).pk, actor=request.user)
        return Response(self.get_serializer(self.queryset.get(pk=pk)).data)

    @documented(request=None, responses=BatchDetail)
    def pause(self, request: Request, pk: UUID) -> Response:
        """Begin nothing more of a running batch until somebody resumes it.

        What workers have in hand is still written.
        """
        self.read(Wanted)
        pause_by_hand(self.find(Batch, pk).pk, actor=request.user)
        return Response(self.get_serializer(self.queryset.get(pk=pk)).data)

    @documented(request=MoreMoney, responses={202: BatchDetail})
    def resume(self, request: Request, pk: UUID) -> Response:
        """Let an unfinished batch go on with what is left of it."""
        cap = money(self.read(MoreMoney).get("max_cost_usd"))
        found = self.find(Batch, pk)
        return self._under_way(launch.resume(found.pk, max_cost_usd=cap, actor=request.user))

    @documented(request=MoreMoney, responses={202: BatchDetail})
    def retry_errored(self, request: Request, pk: UUID) -> Response:
        """Score again, in a finished batch, the cases without a verdict."""
        cap = money(self.read(MoreMoney).get("max_cost_usd"))
        found = self.find(Batch, pk)
        return self._under_way(launch.retry_errored(found.pk, max_cost_usd=cap, actor=request.user))

    def _under_way(self, batch: Batch) -> Response:
        return self.made(self.queryset.get(pk=batch.pk), address="batch", status=202)


def _change(name: str, action: str) -> Any:
    view = Batches.as_view({"post": action})
    return path(f"batches/<uuid:pk>/{name}", view, name=f"batch-{name}")


urlpatterns = [
    path("batches", Batches.as_view({"get": "list", "post": "create"}), name="batches"),
    path("batches/forecast", Batches.as_view({"post": "forecast"}), name="batch-forecast"),
    path("batches/<uuid:pk>", Batches.as_view({"get": "retrieve"}), name="batch"),
    _change("cancel", "cancel"),
    _change("pause", "pause"),
    _change("resume", "resume"),
    _change("retry-errored", "retry_errored"),
]
