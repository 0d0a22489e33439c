"""Keys of programs. The key itself is told once, in the answer that issues it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.urls import path, reverse
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    FloatField,
    IntegerField,
    ListField,
    SerializerMethodField,
)

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.keys.issue import DEFAULT_DAYS, MOST_DAYS, Issued, issue_key
from evalsite.keys.models import ApiKey
from evalsite.keys.queries import state_of
from evalsite.keys.revoke import revoke_key
from evalsite.keys.rotate import MOST_HOURS, rotate_key
from evalsite.tenants.models import Role


class KeySerializer(Told[ApiKey]):
    """What may be told of a key."""

    scopes = ListField(child=CharField())
    state = SerializerMethodField(help_text="good, rotated (good for hours), expired or revoked")

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            *("id", "name", "public_id", "role", "scopes", "state", "created_by", "created_at"),
            *("expires_at", "revoked_at", "rotated_to", "last_used_at"),
        )

    def get_state(self, key: ApiKey) -> str:
        """Say how the key stands."""
        return state_of(key)


class IssuedSerializer(KeySerializer):
    """A new key, with what the program is to show: it is told here and never again."""

    token = CharField()

    class Meta(KeySerializer.Meta):
        fields = (*KeySerializer.Meta.fields, "token")


class NewKey(Wanted):
    """What a key is for. No role and no scope beyond those of who issues it."""

    name = CharField(max_length=100)
    role = ChoiceField(choices=Role.choices)
    scopes = ListField(
        child=CharField(max_length=60),
        min_length=1,
        max_length=100,
        help_text="<room>:read or <room>:write, with * for every room.",
    )
    days = IntegerField(default=DEFAULT_DAYS, min_value=1, max_value=MOST_DAYS)


class Rotation(Wanted):
    """How long the old key stays good."""

    overlap_hours = FloatField(default=MOST_HOURS, min_value=0, max_value=MOST_HOURS)


_KEY = OpenApiExample(
    "For CI",
    value={"name": "nightly CI", "role": "engineer", "scopes": ["*:read", "batches:write"]},
    request_only=True,
)
_ROTATION = OpenApiExample("At once", value={"overlap_hours": 0}, request_only=True)


class Keys(ListModelMixin, RetrieveModelMixin, Resource[ApiKey]):
    """The keys of a tenant's programs."""

    room = "keys"
    verbs: ClassVar = {"rotate": "change"}
    secretive = ("create", "rotate")
    queryset = ApiKey.objects.all()
    serializer_class = KeySerializer
    filterset_fields: ClassVar = {name: ["exact"] for name in ("name", "role")}

    @documented(request=NewKey, responses={201: IssuedSerializer}, examples=[_KEY])
    def create(self, request: Request) -> Response:
        """Issue a key."""
        return self._issued(issue_key(**self.read(NewKey), actor=request.user))

    @documented(request=Rotation, responses={201: IssuedSerializer}, examples=[_ROTATION])
    def rotate(self, request: Request, pk: UUID) -> Response:
        """Issue a key in place of this one, which stays good for some hours more."""
        old = self.get_object()
        return self._issued(rotate_key(old, **self.read(Rotation), actor=request.user))

    @documented(request=None, responses={204: None})
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Revoke a key: the next request with it is refused."""
        revoke_key(self.get_object(), actor=request.user)
        return Response(status=204)

    def _issued(self, issued: Issued) -> Response:
        location = reverse("api:key", args=[issued.key.pk])
        issued.key.refresh_from_db()
        told: Any = KeySerializer(issued.key).data
        told = {**told, "token": issued.token.get_secret_value()}
        headers = {"Location": location, "Cache-Control": "no-store"}
        return Response(told, status=201, headers=headers)


urlpatterns = [
    path("keys", Keys.as_view({"get": "list", "post": "create"}), name="keys"),
    path("keys/<uuid:pk>", Keys.as_view({"get": "retrieve", "delete": "destroy"}), name="key"),
    path("keys/<uuid:pk>/rotate", Keys.as_view({"post": "rotate"}), name="key-rotate"),
]
