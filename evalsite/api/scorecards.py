"""Scorecards: what was judged about each case of a batch."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import StreamingHttpResponse
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
    Serializer,
    SerializerMethodField,
)

from evalsite.api.frame.asked import Asked, asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.files import Lines
from evalsite.api.frame.paging import ByCase
from evalsite.api.frame.parse import NDJSON
from evalsite.api.frame.render import Json
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.stream import send_lines
from evalsite.api.frame.told import Told
from evalsite.api.scorecard_filters import ScorecardFilters
from evalsite.batches.models import Batch
from evalsite.exchange.write_scorecards import export_scorecards
from evalsite.scoring.models import Scorecard
from packs.protocol import StageStatus

_NOTHING: Final = {"score": None, "code": ""}


class WithDetails(Asked):
    """How much is told."""

    details = BooleanField(default=False, help_text="Also what the judges said, stage by stage.")


class StageVerdict(Serializer[Any]):
    """What one stage came to; `code` says why there is no score."""

    status = ChoiceField(choices=[status.value for status in StageStatus])
    score = FloatField(allow_null=True, default=None)
    code = CharField(allow_blank=True, default="")


class ScorecardSerializer(Told[Scorecard]):
    """What was judged about a case; no score is no zero."""

    case = CharField(source="case_key", help_text="The case's key.")
    revision_number = IntegerField()
    score = FloatField(source="overall_score", allow_null=True)
    passed = BooleanField(source="overall_passed", allow_null=True)
    stages = SerializerMethodField(help_text="By the stage's name.")

    class Meta:
        model = Scorecard
        fields: tuple[str, ...] = (
            *("id", "batch", "case", "revision", "revision_number", "repetition", "status"),
            *("score", "passed", "stages", "latency_ms", "tokens_in", "tokens_out", "cost_usd"),
            "scored_at",
        )

    @extend_schema_field(DictField(child=StageVerdict()))
    def get_stages(self, card: Scorecard) -> Any:
        """Answer each stage's verdict whole, whatever of it was kept."""
        return {stage: {**_NOTHING, **verdict} for stage, verdict in card.stages.items()}


class ScorecardDetail(ScorecardSerializer):
    """The same, and what the judges said, if that is asked for."""

    details = SerializerMethodField()

    class Meta(ScorecardSerializer.Meta):
        fields = (*ScorecardSerializer.Meta.fields, "details")

    @extend_schema_field(DictField(child=JSONField(), allow_null=True))
    def get_details(self, card: Scorecard) -> Any:
        """Answer them whole, wherever they are kept."""
        wanted = asked(self.context["request"], WithDetails)["details"]
        return card.details if wanted else None


class OfBatch(ByCase):
    """A batch's scorecards by case."""

    ordering: Any = ("revision_id", "repetition")


class Scorecards(ListModelMixin, Resource[Scorecard]):
    """A batch's scorecards."""

    room = "scoring"
    queryset = Scorecard.objects.all()
    serializer_class = ScorecardSerializer
    filterset_class = ScorecardFilters
    pagination_class = OfBatch
    parameters: ClassVar = {"retrieve": WithDetails.names(), "send": WithDetails.names()}

    def get_serializer_class(self) -> Any:
        """Tell more of one."""
        return ScorecardDetail if self.action == "retrieve" else ScorecardSerializer

    def get_queryset(self) -> QuerySet[Scorecard]:
        """Answer those of the batch that the address names, if it names one."""
        of_case = {"case_key": F("revision__case__key"), "revision_number": F("revision__number")}
        cards = super().get_queryset().annotate(**of_case).defer("details")
        if "batch_id" not in self.kwargs:
            return cards
        return cards.filter(batch=self.find_id(Batch, self.kwargs["batch_id"]))

    @documented(parameters=[WithDetails], responses=ScorecardDetail)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Answer one scorecard."""
        return Response(self.get_serializer(self.get_object()).data)

    @documented(
        parameters=[WithDetails],
        responses={(200, NDJSON): OpenApiResponse(OpenApiTypes.STR, "A scorecard a line.")},
    )
    def send(self, request: Request, batch_id: UUID) -> StreamingHttpResponse:
        """Send all scorecards of a batch, a line each."""
        details = asked(request, WithDetails)["details"]
        batch = self.find(Batch, batch_id)
        rows = export_scorecards(batch, details=details, actor=request.user)
        return send_lines(rows, filename=f"batch-{batch.pk}.jsonl")


urlpatterns = [
    path(
        "batches/<uuid:batch_id>/scorecards",
        Scorecards.as_view({"get": "list"}),
        name="batch-scorecards",
    ),
    path(
        "batches/<uuid:batch_id>/scorecards/export",
        Scorecards.as_view({"get": "send"}, renderer_classes=[Lines, Json]),
        name="scorecards-export",
    ),
    path("scorecards/<uuid:pk>", Scorecards.as_view({"get": "retrieve"}), name="scorecard"),
]
