"""Endpoints: where a tenant's models and live targets answer. A secret goes in and never out."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.urls import path
from drf_spectacular.utils import OpenApiExample
from pydantic import SecretStr
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    BooleanField,
    CharField,
    ChoiceField,
    FloatField,
    IntegerField,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.endpoints.configure import configure, remove_endpoint
from evalsite.endpoints.models import Endpoint, EndpointKind

_MOST: Final = 2**31 - 1


class EndpointSerializer(Told[Endpoint]):
    """What is told of an endpoint: whether it has a secret, never which."""

    has_secret = BooleanField()

    class Meta:
        model = Endpoint
        fields = (
            *("id", "name", "kind", "base_url", "default_model", "is_default", "has_secret"),
            *("requests_per_minute", "tokens_per_minute", "parallel", "timeout_s"),
            *("created_at", "changed_at"),
        )


class EndpointEdit(Wanted):
    """What may be changed about an endpoint; judges and runs name it by its name, which stays."""

    kind = ChoiceField(required=False, choices=EndpointKind.choices)
    base_url = CharField(required=False, max_length=500, help_text="https://api.example.org/v1")
    default_model = CharField(required=False, allow_blank=True, max_length=200)
    is_default = BooleanField(required=False, help_text="Meant where no endpoint is named.")
    requests_per_minute = IntegerField(
        required=False, allow_null=True, min_value=1, max_value=_MOST, help_text="Null: no limit."
    )
    tokens_per_minute = IntegerField(
        required=False, allow_null=True, min_value=1, max_value=_MOST, help_text="Null: no limit."
    )
    parallel = IntegerField(required=False, min_value=1, max_value=1000)
    timeout_s = FloatField(required=False, min_value=0.1, max_value=240)
    secret = CharField(
        required=False,
        allow_null=True,
        trim_whitespace=False,
        max_length=4096,
        help_text="The API key or bearer token; null removes it. Never told again.",
    )


class NewEndpoint(EndpointEdit):
    """What a new endpoint is made from."""

    name = CharField(max_length=100)
    base_url = CharField(max_length=500)


_EXAMPLE: Final[dict[str, Any]] = {
    "name": "models",
    "base_url": "https://api.example.org/v1",
    "default_model": "judge-1",
}


class Endpoints(ListModelMixin, RetrieveModelMixin, Resource[Endpoint]):
    """A tenant's endpoints."""

    room = "endpoints"
    queryset = Endpoint.objects.all()
    serializer_class = EndpointSerializer
    filterset_fields: ClassVar = ["name", "kind", "is_default"]

    @documented(
        request=NewEndpoint,
        responses={201: EndpointSerializer},
        examples=[OpenApiExample("of chat models", _EXAMPLE, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Add an endpoint. It is not called."""
        return self.made(self._configure(Endpoint(), self.read(NewEndpoint)), address="endpoint")

    @documented(request=EndpointEdit, responses=EndpointSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change an endpoint. A kept secret does not go to another host."""
        endpoint = self._configure(self.get_object(), self.read(EndpointEdit))
        return Response(self.get_serializer(endpoint).data)

    @documented(responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Delete an endpoint and its secret; what still names it is told so when it calls."""
        remove_endpoint(self.get_object(), actor=request.user)
        return Response(status=204)

    def _configure(self, endpoint: Endpoint, fields: dict[str, Any]) -> Endpoint:
        forget = "secret" in fields and fields["secret"] is None
        text = fields.pop("secret", None)
        for name, value in fields.items():
            setattr(endpoint, name, value)
        secret = None if text is None else SecretStr(text)
        return configure(endpoint, secret=secret, forget=forget, actor=self.request.user)


urlpatterns = [
    path("endpoints", Endpoints.as_view({"get": "list", "post": "create"}), name="endpoints"),
    path(
        "endpoints/<uuid:pk>",
        Endpoints.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="endpoint",
    ),
]
