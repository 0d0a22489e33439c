"""Who asks, and what they may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DateTimeField,
    ListField,
    Serializer,
    UUIDField,
)
from rest_framework.views import APIView

from evalsite.api.frame.documented import documented
from evalsite.api.frame.permit import role_of
from evalsite.keys.holder import KeyHolder
from evalsite.keys.models import ApiKey
from evalsite.keys.scopes import covers, known_scopes
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.permissions import allows
from evalsite.tenants.scope import require

_VERBS = ("view", "add", "change", "delete")


class TenantSerializer(Serializer[Any]):
    """The tenant that is asked for."""

    id = UUIDField()
    slug = CharField()
    name = CharField()


class RoomSerializer(Serializer[Any]):
    """What may be done in a room."""

    room = CharField()
    verbs = ListField(child=ChoiceField(choices=_VERBS))


class MeSerializer(Serializer[Any]):
    """Who asks; a person has no scopes, which is all of the role, and does not expire."""

    kind = ChoiceField(choices=("key", "user"))
    name = CharField()
    tenant = TenantSerializer()
    role = ChoiceField(choices=Role.choices)
    scopes = ListField(child=CharField(), allow_null=True)
    expires_at = DateTimeField(allow_null=True)
    may = RoomSerializer(many=True)


class Me(APIView):
    """Any good key may ask what it is: no scope is wanted for that."""

    permission_classes = (IsAuthenticated,)

    @documented(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Tell who asks, for which tenant, and what they may do there."""
        role = role_of(request)
        holder = request.auth if isinstance(request.auth, KeyHolder) else None
        told = {
            "kind": "key" if holder else "user",
            "name": holder.name if holder else str(request.user),
            "tenant": Tenant.objects.get(pk=require()),
            "role": role,
            "scopes": sorted(holder.scopes) if holder else None,
            "expires_at": ApiKey.objects.get(pk=holder.key_id).expires_at if holder else None,
            "may": list(_rooms(role, scopes=holder.scopes if holder else None)),
        }
        return Response(MeSerializer(told).data)


def _rooms(role: Role, *, scopes: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    """Answer each room in which anything may be done, as the pages and the API ask it."""
    for room in sorted({scope.partition(":")[0] for scope in known_scopes()} - {"*"}):
        verbs = [
            verb
            for verb in _VERBS
            if allows(role, verb=verb, room=room)
            and (scopes is None or covers(scopes, verb=verb, room=room))
        ]
        if verbs:
            yield {"room": room, "verbs": verbs}


urlpatterns = [path("me", Me.as_view(), name="me")]
