"""Write answers as JSON, fast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer


def as_json(data: Any) -> bytes:
    """Answer the JSON text of what a serializer told."""
    try:
        return orjson.dumps(data, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:
        # A whole number beyond 64 bits: as such jsonb gives a large float back.
        return bytes(JSONRenderer().render(data))


class Json(JSONRenderer):
    """JSON by orjson: a list of 50 rows is written several times faster."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Answer the body; empty where there is nothing to tell."""
        return b"" if data is None else as_json(data)
