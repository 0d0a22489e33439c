"""Read stored JSON back as it was given: jsonb writes the digits of large floats out."""

from __future__ import annotations

import re
from typing import Any

import orjson

from evalsite.cases.strict_json import INT_MAX, INT_MIN

_LONG_NUMBER = re.compile(r"\d{19}")


def read_back(text: str) -> Any:
    """Answer the value of a jsonb's text."""
    value = orjson.loads(text)
    return as_given(value) if _LONG_NUMBER.search(text) else value


def as_given(value: Any) -> Any:
    """Turn whole numbers beyond 64 bits back into the floats that they were."""
    if isinstance(value, dict):
        return {name: as_given(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_given(item) for item in value]
    if type(value) is int and not INT_MIN <= value <= INT_MAX:
        return float(value)
    return value
