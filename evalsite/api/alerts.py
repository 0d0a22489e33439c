"""Alerts: what subscribers were told, and what is owed to them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import path
from drf_spectacular.utils import OpenApiExample
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import (
    IntegerField,
    ListField,
    Serializer,
    SerializerMethodField,
    UUIDField,
)

from evalsite.alerts.models import Alert
from evalsite.alerts.mute import without_links
from evalsite.alerts.replay import replay
from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted

_MOST = 500


class AlertSerializer(Told[Alert]):
    """One message to one subscriber, without its text."""

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            *("id", "subscription", "kind", "about", "thread", "channel", "recipient", "subject"),
            *("url", "delivery", "digest", "state", "attempts", "due_at", "error"),
            *("created_at", "sent_at"),
        )


class AlertDetail(AlertSerializer):
    """One message to one subscriber."""

    text = SerializerMethodField(help_text="Of a webhook the body; links to mute are left out.")

    class Meta(AlertSerializer.Meta):
        fields = (*AlertSerializer.Meta.fields, "text")

    def get_text(self, alert: Alert) -> str:
        """Answer the message as others than its recipient may read it."""
        return without_links(alert.text)


class Again(Wanted):
    """Which alerts are to be sent again."""

    ids = ListField(child=UUIDField(), min_length=1, max_length=_MOST)


class ReplayedSerializer(Serializer[Any]):
    """How many will be sent again; what is under way, or unknown, is not."""

    replayed = IntegerField()


_EXAMPLE = OpenApiExample(
    "One alert", value={"ids": ["0190a0a0-0000-7000-8000-000000000000"]}, request_only=True
)


class Alerts(ListModelMixin, RetrieveModelMixin, Resource[Alert]):
    """What subscribers were told."""

    room = "alerts"
    verbs: ClassVar = {"replay": "change"}
    queryset = Alert.objects.all()
    serializer_class = AlertDetail
    filterset_fields: ClassVar = {
        name: ["exact"] for name in ("kind", "state", "channel", "subscription")
    }

    def get_serializer_class(self) -> Any:
        """Leave texts out of lists."""
        return AlertSerializer if self.action == "list" else AlertDetail

    @documented(request=Again, responses=ReplayedSerializer, examples=[_EXAMPLE])
    def replay(self, request: Request) -> Response:
        """Send again what was sent or given up: the same messages, under the same ids."""
        alerts = Alert.objects.filter(pk__in=self.read(Again)["ids"])
        n = replay(alerts, actor=request.user)
        return Response(ReplayedSerializer({"replayed": n}).data)


urlpatterns = [
    path("alerts", Alerts.as_view({"get": "list"}), name="alerts"),
    path("alerts/replay", Alerts.as_view({"post": "replay"}), name="alerts-replay"),
    path("alerts/<uuid:pk>", Alerts.as_view({"get": "retrieve"}), name="alert"),
]
