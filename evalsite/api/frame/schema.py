"""What OpenAPI is told beyond what the code says itself: problems and headers."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework.fields import empty

from evalsite.api.frame.documented import Documentation, documentation_of
from evalsite.api.frame.parse import NDJSON
from evalsite.api.frame.problems import MEDIA_TYPE
from evalsite.tenants.models import Role
from evalsite.tenants.permissions import allows

_TEXT: Final = {"type": "string"}
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457: what went wrong, why, and how to mend it.",
    "required": ["type", "title", "status", "code", "detail", "hint", "errors", "request_id"],
    "properties": {
        **dict.fromkeys(("type", "title", "code", "detail", "hint", "request_id"), _TEXT),
        "status": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": _TEXT, "code": _TEXT, "detail": _TEXT},
            },
        },
    },
}
_ANSWER: Final = {
    "description": "A problem; its `code` is stable, and listed in docs/errors.md.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}

_IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Sent again, it changes nothing.",
)
_IF_MATCH: Final = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that was read; 412 if it is outdated.",
)


class KeyScheme(OpenApiAuthenticationExtension):
    """How a program shows its key."""

    target_class = "evalsite.api.frame.authenticate.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Answer OpenAPI's name for it."""
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):
    """How a person is known."""

    target_class = "evalsite.api.frame.authenticate.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Answer OpenAPI's name for it."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class WantedScheme(OpenApiSerializerExtension):
    """A body has the members that it names and no others."""

    target_class = "evalsite.api.frame.wanted.Wanted"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        """Answer the body's own schema, closed."""
        map_plainly: Any = auto_schema._map_serializer
        told = map_plainly(self.target, direction, bypass_extensions=True)
        return {**told, "additionalProperties": False}


class Described(AutoSchema):
    """Adds what is kept beside the method, who may, and the headers that every resource knows."""

    def get_operation(self, *args: Any, **options: Any) -> dict[str, Any] | None:
        """Answer the operation, with the scope and the role that it takes."""
        told: dict[str, Any] | None = super().get_operation(*args, **options)
        if told and hasattr(self.view, "room"):
            told["description"] += f"\n\n{_who_may(self.view)}"
        return told

    def get_request_serializer(self) -> Any:
        """Answer the body that was told, else the one that is found."""
        told = self._documentation().request
        return super().get_request_serializer() if told is empty else told

    def get_response_serializers(self) -> Any:
        """Answer the answers that were told, else those that are found."""
        told = self._documentation().responses
        return super().get_response_serializers() if told is empty else told

    def get_filter_backends(self) -> Any:
        """Answer what reads the filters, where the method is told to have any or is a list."""
        told = self._documentation().filters
        if told is None:
            return super().get_filter_backends()
        return getattr(self.view, "filter_backends", []) if told else []

    def get_examples(self) -> list[Any]:
        """Answer the examples of the method."""
        return [*super().get_examples(), *self._documentation().examples]

    def get_override_parameters(self) -> list[Any]:
        """Answer the headers of the method, and its own parameters."""
        given = list(super().get_override_parameters())
        match self.method:
            case "POST" if NDJSON not in self.map_parsers():  # a stream is not kept to be compared
                given.append(_IDEMPOTENCY_KEY)
            case "PATCH" | "PUT" | "DELETE":
                given.append(_IF_MATCH)
        return [*given, *self._documentation().parameters]

    def _documentation(self) -> Documentation:
        name = getattr(self.view, "action", self.method.lower())
        return documentation_of(getattr(self.view, name))


def _who_may(resource: Any) -> str:
    """Name the scope and the lowest role that an operation takes."""
    room, verb = resource.room, resource.verb()
    access = "read" if verb == "view" else "write"
    lowest = next(role for role in Role if allows(role, verb=verb, room=room))
    return f"Scope `{room}:{access}`, role {lowest} or above."


def add_problems(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Let every operation answer problems (a hook of drf-spectacular)."""
    result["components"].setdefault("schemas", {})["Problem"] = _PROBLEM
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"] |= {"4XX": _ANSWER, "503": _ANSWER}
    return result
