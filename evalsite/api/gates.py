"""Gates: what a new batch must show, declared before it runs."""

from __future__ import annotations

from uuid import UUID

from django.urls import path
from django_filters import FilterSet
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import ByIdOrName
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.gate_bodies import DECLARING, Demands, GateEdit, NewGate, as_sent
from evalsite.gates.declare import declare, declare_new, remove
from evalsite.gates.models import Gate
from evalsite.gates.read import gate_of
from evalsite.gates.write import as_file


class GateSerializer(Told[Gate]):
    """A gate; `version` grows and `declared_at` moves with each change of what it demands."""

    suite_name = CharField(source="suite.name", default=None, allow_null=True, read_only=True)
    target_name = CharField(source="target.name", default=None, allow_null=True, read_only=True)
    spec = Demands()

    class Meta:
        model = Gate
        fields: tuple[str, ...] = (
            *("id", "name", "note", "suite", "suite_name", "target", "target_name"),
            *("spec", "version", "declared_at", "declared_by"),
        )


class GateFilters(FilterSet):
    """Which gates."""

    suite = ByIdOrName(field_name="suite")
    target = ByIdOrName(field_name="target")

    class Meta:
        model = Gate
        fields: tuple[str, ...] = ("name",)


class Gates(ListModelMixin, RetrieveModelMixin, Resource[Gate]):
    """A tenant's gates."""

    room = "gates"
    queryset = Gate.objects.select_related("suite", "target")
    serializer_class = GateSerializer
    filterset_class = GateFilters

    @documented(request=NewGate, responses={201: GateSerializer}, examples=DECLARING)
    def create(self, request: Request) -> Response:
        """Declare a gate."""
        gate = declare_new(gate_of(as_sent(self, NewGate)), actor=request.user)
        return self.made(gate, address="gate")

    @documented(request=GateEdit, responses=GateSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a gate. Another demand is a new version, and no evidence for earlier batches."""
        gate = self.get_object()
        stored = as_file(gate).model_dump(mode="json")
        changed = declare(gate_of({**stored, **as_sent(self, GateEdit)}), actor=request.user)
        return Response(self.get_serializer(changed).data)

    @documented(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take a gate out; what it answered stays."""
        remove(self.get_object(), actor=request.user)
        return Response(status=204)


urlpatterns = [
    path("gates", Gates.as_view({"get": "list", "post": "create"}), name="gates"),
    path(
        "gates/<uuid:pk>",
        Gates.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="gate",
    ),
]
