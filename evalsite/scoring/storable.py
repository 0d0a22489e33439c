"""Write as JSON what came from outside, so that PostgreSQL can keep it whatever it holds."""

from __future__ import annotations

from typing import Any, Final

import orjson

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def to_json(value: Any) -> str:
    """Answer the value as JSON text; a NUL and half a surrogate pair become U+FFFD.

    jsonb refuses the one, UTF-8 the other, and a model may say both.
    """
    try:
        text = orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError:
        text = "\\u0000"
    return orjson.dumps(_clean(value), default=str).decode() if "\\u0000" in text else text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", _REPLACEMENT)
    if isinstance(value, dict):
        return {_clean(str(name)): _clean(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    return value
