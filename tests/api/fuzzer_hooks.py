"""What the fuzzer must be taught: how things go over the wire, and to keep its own key."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def as_lines(context: Any, value: Any) -> bytes:
    """Send a text as it is, and anything else as one line of JSON."""

    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def filter_headers(context: Any, headers: Any) -> bool:
    """Leave out a bad Idempotency-Key that is a good one without the space that HTTP takes away."""
    key = (headers or {}).get("Idempotency-Key", "")
    return not isinstance(key, str) or key == key.strip(" \t")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Revoke and rotate any key but the fuzzer's own: all that came after would be a 401."""
    ids = case.path_parameters or {}
    if ids.get("id") == os.environ["FUZZER_KEY_ID"]:
        ids["id"] = str(uuid4())
