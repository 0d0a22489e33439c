"""The base of what may be sent: its members and no others, each of its JSON type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

# DRF reads "3" as 3 and 1 as true. What a program sends by mistake is told instead.
_TYPES: Final[tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], tuple[type, ...]], ...]] = (
    (serializers.BooleanField, (bool,)),
    (serializers.IntegerField, (int,)),
    (serializers.FloatField, (int, float)),
    (serializers.CharField, (str,)),
    (serializers.UUIDField, (str,)),
    (serializers.DateTimeField, (str,)),
    (serializers.ChoiceField, (str,)),
)


class Wanted(serializers.Serializer[Any]):
    """A body. A member that it does not know is refused: it would be lost without a word."""

    def to_internal_value(self, data: Any) -> Any:
        """Answer the checked members; raises ValidationError for others and for other types."""
        if isinstance(data, dict):
            flaws = dict(self._flaws(data))
            if flaws:
                raise ValidationError(flaws)
        return super().to_internal_value(data)

    def _flaws(self, data: dict[str, Any]) -> Iterator[tuple[str, list[ErrorDetail]]]:
        for name, value in data.items():
            if name not in self.fields:
                told = ErrorDetail("This member is not read here.", code="unknown")
                yield str(name)[:100], [told]
            elif not _fits(self.fields[name], value):
                told = ErrorDetail("This is of another JSON type.", code="type")
                yield name, [told]


def _fits(field: Any, value: Any) -> bool:
    """Answer whether a value has the JSON type of its field; null is the field's own matter."""
    if value is None:
        return True
    if isinstance(field, serializers.ListField):
        return isinstance(value, list) and all(_fits(field.child, item) for item in value)
    for kind, types in _TYPES:
        if isinstance(field, kind):
            is_bool = isinstance(value, bool)
            return isinstance(value, types) and (is_bool == (types == (bool,)))
    return True
