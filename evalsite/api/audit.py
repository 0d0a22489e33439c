"""The audit trail: read, taken along, and verified. Nothing can be written to it from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.urls import path
from django_filters.rest_framework import CharFilter, ChoiceFilter, FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema_field
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    CharField,
    DateTimeField,
    IntegerField,
    JSONField,
    Serializer,
)

from evalsite.api.frame.asked import Asked, asked
from evalsite.api.frame.documented import documented
from evalsite.api.frame.filters import AtTime
from evalsite.api.frame.paging import ByCursor
from evalsite.api.frame.parse import NDJSON
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.stream import send_lines
from evalsite.api.frame.told import Told
from evalsite.audit.models import Entry
from evalsite.audit.record import record
from evalsite.audit.verify import Head, verify_trail
from evalsite.cases.read_back import as_given
from evalsite.tenants.acting import ActorKind

_ROWS = 2_000


@extend_schema_field(OpenApiTypes.OBJECT)
class Side(JSONField):
    """A side of what was changed."""


class EntrySerializer(Told[Entry]):
    """One thing that was done; secrets in it are hidden."""

    before = Side(allow_null=True)
    after = Side(allow_null=True)
    details = Side()

    class Meta:
        model = Entry
        fields = (
            *("id", "recorded_at", "actor_kind", "actor", "role", "request_id"),
            *("action", "subject", "subject_id", "before", "after", "details"),
        )


class EntryFilter(FilterSet):
    """What the trail can be narrowed by."""

    actor = CharFilter(help_text="A person's name, a key's, or the command.")
    kind = ChoiceFilter(
        field_name="actor_kind", choices=[(kind.value, kind.value) for kind in ActorKind]
    )
    role = CharFilter(help_text="The actor's, when it was done.")
    action = CharFilter(help_text="Such as case.changed.")
    subject = CharFilter()
    subject_id = CharFilter()
    request_id = CharFilter()
    since = AtTime(field_name="recorded_at", lookup_expr="gte")
    until = AtTime(field_name="recorded_at", lookup_expr="lt")


class ByTime(ByCursor):
    """Newest first, by time: what workers do at once has ids that are not in order."""

    ordering: Any = ("-recorded_at", "-id")


class TrailAsked(Asked):
    """How much of the trail is computed anew."""

    since = DateTimeField(required=False, help_text="From the first entry since then on.")
    kept = CharField(
        required=False, max_length=100, help_text="A head that was told before: SEQ:HASH."
    )


class VerifiedSerializer(Serializer[Any]):
    """A trail without a fault: how many entries were computed anew, and its end."""

    entries = IntegerField()
    head = CharField(help_text="SEQ:HASH. Kept elsewhere, it vouches for all up to it.")


class Trail(ListModelMixin, RetrieveModelMixin, Resource[Entry]):
    """What was done in the tenant, and by whom."""

    room = "audit"
    parameters: ClassVar = {"export": tuple(EntryFilter.base_filters), "verify": TrailAsked.names()}
    queryset = Entry.objects.all()
    serializer_class = EntrySerializer
    filterset_class = EntryFilter
    pagination_class = ByTime

    @documented(
        responses={(200, NDJSON): OpenApiResponse(OpenApiTypes.STR, "An entry a line.")},
        filters=True,
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """Send the trail, or what of it fits, as JSON lines, oldest first."""
        found = self.filter_queryset(self.get_queryset()).order_by("recorded_at", "id")
        record("audit.exported", "the audit trail", actor=request.user, asked=request.GET.dict())
        rows: Iterator[dict[str, Any]] = found.values(*EntrySerializer.Meta.fields).iterator(_ROWS)
        return send_lines(map(as_given, rows), filename="audit.jsonl")

    @documented(parameters=[TrailAsked], responses=VerifiedSerializer, filters=False)
    def verify(self, request: Request) -> Response:
        """Compute the trail's chain anew; a problem names the first entry that was altered."""
        wanted = asked(request, TrailAsked)
        kept = Head.read(wanted["kept"]) if "kept" in wanted else None
        found = verify_trail(since=wanted.get("since"), kept=kept)
        return Response(VerifiedSerializer(found).data)


urlpatterns = [
    path("audit", Trail.as_view({"get": "list"}), name="audit"),
    path("audit/export", Trail.as_view({"get": "export"}), name="audit-export"),
    path("audit/verify", Trail.as_view({"get": "verify"}), name="audit-verify"),
    path("audit/<uuid:pk>", Trail.as_view({"get": "retrieve"}), name="audit-entry"),
]
