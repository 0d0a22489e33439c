"""Shifts: series of versions that changed their level, and what is watched for them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.urls import path
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, ListField, SerializerMethodField

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.api.frame.told import Told
from evalsite.api.frame.wanted import Wanted
from evalsite.trends.alarm import p_value
from evalsite.trends.models import LINE, Shift, Watch
from evalsite.trends.seen import mark_seen


class ShiftSerializer(Told[Shift]):
    """A series that changed its level, and stayed there."""

    also_changed = ListField(child=CharField(), help_text="At that version: look there first.")

    class Meta:
        model = Shift
        fields = (
            *("id", *LINE, "batch", "version", "found_in", "before", "after"),
            *("effect_low", "effect_high", "n_before", "n_after", "is_harm"),
            *("p_value", "p_corrected", "also_changed", "state", "found_at"),
        )


class WatchSerializer(Told[Watch]):
    """A series that is watched, and how strongly it speaks for a shift since the last one."""

    p_value = SerializerMethodField()

    class Meta:
        model = Watch
        fields = ("id", *LINE, "since", "n_versions", "evidence", "p_value", "looked_at")

    def get_p_value(self, watch: Watch) -> float:
        """Answer what the evidence is worth, corrected for looking after each version."""
        return p_value(watch.evidence)


class Shifts(ListModelMixin, RetrieveModelMixin, Resource[Shift]):
    """The shifts that were found."""

    room = "trends"
    verbs: ClassVar = {"seen": "change"}
    queryset = Shift.objects.all()
    serializer_class = ShiftSerializer
    filterset_fields: ClassVar = {
        name: ["exact"] for name in ("state", "metric", "suite", "target", "is_harm")
    }

    @documented(request=None)
    def seen(self, request: Request, pk: UUID) -> Response:
        """Take note of a shift, so that it is open no longer."""
        shift = self.get_object()
        self.read(Wanted)
        mark_seen(Shift.objects.filter(pk=shift.pk), actor=request.user)
        shift.refresh_from_db()
        return Response(self.get_serializer(shift).data)


class Watches(ListModelMixin, RetrieveModelMixin, Resource[Watch]):
    """The series that are watched: all that finished batches of whole suites make up."""

    room = "trends"
    queryset = Watch.objects.all()
    serializer_class = WatchSerializer
    filterset_fields: ClassVar = {name: ["exact"] for name in ("metric", "suite", "target")}


urlpatterns = [
    path("shifts", Shifts.as_view({"get": "list"}), name="shifts"),
    path("shifts/<uuid:pk>", Shifts.as_view({"get": "retrieve"}), name="shift"),
    path("shifts/<uuid:pk>/seen", Shifts.as_view({"post": "seen"}), name="shift-seen"),
    path("watches", Watches.as_view({"get": "list"}), name="watches"),
    path("watches/<uuid:pk>", Watches.as_view({"get": "retrieve"}), name="watch"),
]
