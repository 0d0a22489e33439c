"""Retention: how long what is kept, what must be kept longer, and what was purged."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model
from django.urls import path
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    IntegerField,
    UUIDField,
    ValidationError,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.retention.hold import hold, release
from evalsite.retention.models import MOST_DAYS, Hold, Kind, Policy, Receipt
from evalsite.retention.set_policy import set_policy
from evalsite.targets.models import Run

_HELD: dict[str, type[Model]] = {"suite": Suite, "batch": Batch, "run": Run}


class PolicySerializer(Told[Policy]):
    """For how many days what is kept; null is for good."""

    class Meta:
        model = Policy
        fields = tuple(Kind.values)


def _days() -> IntegerField:
    return IntegerField(required=False, allow_null=True, min_value=1, max_value=MOST_DAYS)


class PolicyEdit(Wanted):
    """The days that are to change; null keeps for good."""

    outputs = _days()
    judge_texts = _days()
    replies = _days()
    scorecards = _days()
    results = _days()
    audit = _days()


class HoldSerializer(Told[Hold]):
    """A legal hold; one that names nothing holds all of the tenant."""

    class Meta:
        model = Hold
        fields = ("id", "suite", "batch", "run", "reason", "placed_by", "placed_at")


class NewHold(Wanted):
    """What is to be held, and why: a suite, a batch, a run, or all."""

    suite = UUIDField(required=False)
    batch = UUIDField(required=False)
    run = UUIDField(required=False)
    reason = CharField(max_length=500)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a hold of two things: each is released for itself."""
        if len(attrs.keys() & _HELD.keys()) > 1:
            told = "Hold a suite, a batch or a run; name none of them to hold all."
            raise ValidationError(told, code="several_named")
        return attrs


class ReceiptSerializer(Told[Receipt]):
    """What was purged, for good."""

    kind = ChoiceField(choices=Kind.choices)

    class Meta:
        model = Receipt
        fields = ("id", "kind", "cutoff", "n", "n_bytes", "digest", "started_at", "finished_at")


_HOLD = OpenApiExample("All of the tenant", value={"reason": "case 2026-114"}, request_only=True)


class PolicyInForce(Resource[Policy]):
    """How long the tenant keeps what."""

    room = "retention"
    queryset = Policy.objects.all()
    serializer_class = PolicySerializer

    def show(self, request: Request) -> Response:
        """Tell the policy; without one all is kept for good."""
        return Response(self.get_serializer(Policy.objects.first() or Policy()).data)

    @documented(request=PolicyEdit, responses=PolicySerializer)
    def edit(self, request: Request) -> Response:
        """Change the policy. It is applied with the coordinator's next sweep."""
        policy = set_policy(self.read(PolicyEdit), actor=request.user)
        return Response(self.get_serializer(policy).data)


class Holds(ListModelMixin, RetrieveModelMixin, Resource[Hold]):
    """What no policy purges."""

    room = "retention"
    queryset = Hold.objects.all()
    serializer_class = HoldSerializer
    filterset_fields: ClassVar = {name: ["exact"] for name in _HELD}

    @documented(request=NewHold, responses={201: HoldSerializer}, examples=[_HOLD])
    def create(self, request: Request) -> Response:
        """Place a hold."""
        wanted = self.read(NewHold)
        reason = wanted.pop("reason")
        named: Any = next((self.find(_HELD[name], pk) for name, pk in wanted.items()), None)
        return self.made(hold(named, reason=reason, actor=request.user), address="hold")

    @documented(request=None, responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Release a hold."""
        release(self.find(Hold, pk).pk, actor=request.user)
        return Response(status=204)


class Receipts(ListModelMixin, RetrieveModelMixin, Resource[Receipt]):
    """What was purged."""

    room = "retention"
    queryset = Receipt.objects.all()
    serializer_class = ReceiptSerializer
    filterset_fields: ClassVar = {"kind": ["exact"]}


urlpatterns = [
    path("retention", PolicyInForce.as_view({"get": "show", "patch": "edit"}), name="retention"),
    path("retention/holds", Holds.as_view({"get": "list", "post": "create"}), name="holds"),
    path(
        "retention/holds/<uuid:pk>",
        Holds.as_view({"get": "retrieve", "delete": "destroy"}),
        name="hold",
    ),
    path("retention/receipts", Receipts.as_view({"get": "list"}), name="receipts"),
    path("retention/receipts/<uuid:pk>", Receipts.as_view({"get": "retrieve"}), name="receipt"),
]
