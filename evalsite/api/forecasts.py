"""What a batch would do and cost, as it is told before it runs."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import (
    BooleanField,
    CharField,
    FloatField,
    IntegerField,
    ListField,
    Serializer,
)


class CountBounds(Serializer[Any]):
    """When all goes well, and with every repair and the longest replies; null is not known."""

    expected = IntegerField(allow_null=True)
    at_most = IntegerField(allow_null=True)


class MoneyBounds(Serializer[Any]):
    """The same in US dollars."""

    expected = FloatField(allow_null=True)
    at_most = FloatField(allow_null=True)


class AskSerializer(Serializer[Any]):
    """What one judge of one stage would ask of one model."""

    stage = CharField()
    judge = CharField()
    model = CharField(allow_blank=True)
    endpoint = CharField(allow_blank=True)
    counted = BooleanField(help_text="False: one call a case is assumed.")
    price = CharField(allow_null=True, help_text="Where the price is from.")
    calls = CountBounds()
    tokens_in = CountBounds()
    tokens_out = CountBounds()
    usd = MoneyBounds()


class ForecastSerializer(Serializer[Any]):
    """What would be done; nothing in it is a promise."""

    suite = CharField()
    suite_version = IntegerField()
    run = CharField()
    n_cases = IntegerField()
    repetitions = IntegerField()
    stages = ListField(child=CharField())
    chunks = IntegerField()
    asks = AskSerializer(many=True)
    calls = CountBounds()
    tokens_in = CountBounds()
    tokens_out = CountBounds()
    usd = MoneyBounds()
    unknown = ListField(child=CharField(), help_text="What is not known, in words.")
