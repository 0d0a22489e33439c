"""When two JSON values are the same."""

from __future__ import annotations

from typing import Any


def same_json(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are equal; 1 is 1.0, but true is not 1."""
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and left.keys() == right.keys()
            and all(same_json(value, right[key]) for key, value in left.items())
        )
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and all(same_json(a, b) for a, b in zip(left, right, strict=True))
        )
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
