"""Baselines: the batches that people pinned to be compared with."""

from __future__ import annotations

from uuid import UUID

from django.urls import path
from django_filters import CharFilter, FilterSet, UUIDFilter
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BooleanField, CharField, UUIDField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import ByIdOrName
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.batches.models import Batch
from evalsite.regressions.models import Baseline
from evalsite.regressions.pin import pin, unpin


class BaselineSerializer(Told[Baseline]):
    """A pinned batch; a blank client type stands for every one without a pin of its own."""

    suite_name = CharField(source="suite.name")
    target_name = CharField(source="target.name")

    class Meta:
        model = Baseline
        fields: tuple[str, ...] = (
            *("id", "suite", "suite_name", "target", "target_name", "client_type"),
            *("batch", "note", "pinned_by", "pinned_at"),
        )


class NewBaseline(Wanted):
    """Which batch is pinned, and why."""

    batch = UUIDField()
    note = CharField(required=False, allow_blank=True, max_length=500)
    any_client = BooleanField(required=False, help_text="For every client type; default false.")


class BaselineFilters(FilterSet):
    """Which baselines."""

    suite = ByIdOrName(field_name="suite")
    target = ByIdOrName(field_name="target")
    batch = UUIDFilter(field_name="batch_id")
    client_type = CharFilter(field_name="client_type")

    class Meta:
        model = Baseline
        fields: tuple[str, ...] = ()


_EXAMPLE = OpenApiExample(
    "The release",
    value={"batch": "01997a0c-7f3e-7c1a-8b55-1f2e3d4c5b6a", "note": "what went out in May"},
    request_only=True,
)


class Baselines(ListModelMixin, RetrieveModelMixin, Resource[Baseline]):
    """A tenant's baselines."""

    room = "regressions"
    queryset = Baseline.objects.select_related("suite", "target")
    serializer_class = BaselineSerializer
    filterset_class = BaselineFilters

    @documented(request=NewBaseline, responses={201: BaselineSerializer}, examples=[_EXAMPLE])
    def create(self, request: Request) -> Response:
        """Pin a finished batch; it takes the place of one that was pinned before."""
        wanted = self.read(NewBaseline)
        batch = self.find(Batch, wanted.pop("batch"))
        return self.made(pin(batch, actor=request.user, **wanted), address="baseline")

    @documented(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Take a pin out: the previous batch is the baseline again."""
        unpin(self.get_object(), actor=request.user)
        return Response(status=204)


urlpatterns = [
    path("baselines", Baselines.as_view({"get": "list", "post": "create"}), name="baselines"),
    path(
        "baselines/<uuid:pk>",
        Baselines.as_view({"get": "retrieve", "delete": "destroy"}),
        name="baseline",
    ),
]
