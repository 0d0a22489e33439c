"""Ids as people and programs type them."""

from __future__ import annotations

from uuid import UUID


def uuid_of(text: str) -> UUID | None:
    """Read an id; None for text that is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None
