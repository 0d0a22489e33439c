"""Usage: what the tenant has, and what it may have."""

from __future__ import annotations

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import DateField, FloatField, IntegerField, Serializer

from evalsite.api.frame.documented import documented
from evalsite.api.frame.resource import Resource
from evalsite.quotas.usage import usage


class UsageSerializer(Serializer[Any]):
    """Counts, and US dollars of the calendar month; a limit of null is none."""

    cases = IntegerField()
    max_cases = IntegerField(allow_null=True)
    batches_in_flight = IntegerField()
    max_batches_in_flight = IntegerField(allow_null=True)
    month = DateField(help_text="Its first day.")
    month_spent_usd = FloatField()
    month_booked_usd = FloatField(help_text="Possibly spent: calls under way, or lost.")
    month_usd = FloatField(allow_null=True, help_text="The limit.")
    outputs = IntegerField()
    scorecards = IntegerField()
    weight = IntegerField(help_text="Its share of the workers beside other tenants'.")


class UsageNow(Resource[Any]):
    """What is used now. Operators set the limits."""

    room = "quotas"
    serializer_class = UsageSerializer

    @documented(responses=UsageSerializer)
    def show(self, request: Request) -> Response:
        """Tell what the tenant uses of what it may."""
        return Response(self.get_serializer(usage()).data)


urlpatterns = [path("usage", UsageNow.as_view({"get": "show"}), name="usage")]
