"""What the fuzzer must be taught: how JSON lines go over the wire."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: Any, value: Any) -> bytes:
    """Send a text as it is, and anything else as one line of JSON."""

    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
