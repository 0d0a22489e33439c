"""Prices: what a model costs a tenant, where that is not the provider's list price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, FloatField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.calls.models import Price
from evalsite.calls.set_price import remove_price, set_price

_USD: Final[dict[str, Any]] = {"min_value": 0, "max_value": 999_999}
_MONEY: Final = ("usd_in", "usd_out")
_PER: Final = "US dollars per million tokens"


class PriceSerializer(Told[Price]):
    """What is told of a price, in US dollars per million tokens."""

    usd_in = FloatField()
    usd_out = FloatField()

    class Meta:
        model = Price
        fields = ("id", "model", "endpoint", "usd_in", "usd_out", "changed_at")


class PriceEdit(Wanted):
    """What may be changed about a price."""

    usd_in = FloatField(required=False, help_text=f"{_PER} asked.", **_USD)
    usd_out = FloatField(required=False, help_text=f"{_PER} answered.", **_USD)


class NewPrice(Wanted):
    """What a new price is made from."""

    model = CharField(max_length=200)
    endpoint = CharField(
        default="", allow_blank=True, max_length=100, help_text="Its name; empty: any."
    )
    usd_in = FloatField(help_text=f"{_PER} asked.", **_USD)
    usd_out = FloatField(help_text=f"{_PER} answered.", **_USD)


class Prices(ListModelMixin, RetrieveModelMixin, Resource[Price]):
    """A tenant's own prices."""

    room = "calls"
    queryset = Price.objects.all()
    serializer_class = PriceSerializer
    filterset_fields: ClassVar = ["model", "endpoint"]

    @documented(
        request=NewPrice,
        responses={201: PriceSerializer},
        examples=[
            OpenApiExample(
                "a model",
                {"model": "judge-1", "usd_in": 0.15, "usd_out": 0.6},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Say what a model costs; it wins over the list price."""
        price = set_price(Price(**_kept(self.read(NewPrice))), actor=request.user)
        return self.made(price, address="price")

    @documented(request=PriceEdit, responses=PriceSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change a price; what was spent stays as it was reckoned."""
        price = self.get_object()
        for name, value in _kept(self.read(PriceEdit)).items():
            setattr(price, name, value)
        return Response(self.get_serializer(set_price(price, actor=request.user)).data)

    @documented(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Let the list price count again."""
        remove_price(self.get_object(), actor=request.user)
        return Response(status=204)


def _kept(fields: dict[str, Any]) -> dict[str, Any]:
    """Answer a body's fields as the row keeps them: dollars to a millionth."""
    kept = dict(fields)
    for name in kept.keys() & set(_MONEY):
        kept[name] = round(Decimal(str(kept[name])), 6)
    return kept


urlpatterns = [
    path("prices", Prices.as_view({"get": "list", "post": "create"}), name="prices"),
    path(
        "prices/<uuid:pk>",
        Prices.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="price",
    ),
]
