"""Where a row stands in an order, as a condition: lists go on from there at any depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q


def beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Answer what comes after a row with these values: later in a field, and alike before it.

    All fields of `order` go up, or all go down (`-created_at`, `-pk`); the last one is unique.
    """
    later, alike = Q(), Q()
    for field, value in zip(order, values, strict=True):
        later |= alike & Q(**{_named(field, "t"): value})
        alike &= Q(**{field.removeprefix("-"): value})
    # Of an OR an index knows no start; of this it does.
    return Q(**{_named(order[0], "te"): values[0]}) & later


def _named(field: str, bound: str) -> str:
    way = "l" if field.startswith("-") else "g"
    return f"{field.removeprefix('-')}__{way}{bound}"
