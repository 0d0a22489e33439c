"""What a seed found."""

from __future__ import annotations

from typing import NamedTuple


class Violation(NamedTuple):
    """An invariant that does not hold, and what was seen instead."""

    invariant: str
    told: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.told}"
