"""What an address asks beside filters and paging: checked like a body, told like parameters."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer


class Asked(Serializer[Any]):
    """The parameters of an address; each is a field."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Name the parameters."""
        return tuple(cls._declared_fields)


def asked(request: Request, wanted: type[Asked]) -> dict[str, Any]:
    """Answer the parameters that are given, checked; raises ValidationError."""
    sent = request.query_params
    parameters = wanted(data={name: sent[name] for name in wanted.names() if name in sent})
    parameters.is_valid(raise_exception=True)
    found: dict[str, Any] = parameters.validated_data
    return found
