"""The base of what may be sent: its fields and no others."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import Serializer


class Wanted(Serializer[Any]):
    """A body. A member that it does not know is refused: it would be lost without a word."""

    def to_internal_value(self, data: Any) -> Any:
        """Answer the checked members; raises ValidationError for others."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        if unknown:
            told = ErrorDetail("This member is not read here.", code="unknown")
            raise ValidationError({str(name)[:100]: [told] for name in unknown[:20]})
        return super().to_internal_value(data)
