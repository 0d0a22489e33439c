"""Read bodies: JSON that can be stored and read back, and streams of it, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

from django.conf import settings
from rest_framework.parsers import BaseParser

from evalsite.api.frame.body import read_capped
from evalsite.cases.strict_json import parse

NDJSON: Final = "application/x-ndjson"


class StrictJSON(BaseParser):
    """One JSON value, no larger than is allowed; `cases.strict_json` says what it may be."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Answer the value; raises JsonRefused and BodyTooLarge."""
        return parse(read_capped(stream, limit=settings.ENV.api_body_bytes))


class JSONLines(BaseParser):
    """A stream of JSON lines. It is handed on unread: the view reads it as it goes."""

    media_type = NDJSON

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Answer the stream itself."""
        return stream
