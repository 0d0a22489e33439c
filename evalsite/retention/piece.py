"""A piece of a purge: what one short transaction takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.retention.models import FIRST, Purge

# Rows a transaction: long enough to be worth its commit, short enough that nobody waits for it.
ROWS: Final = 5_000


class Taken(NamedTuple):
    """The ids of the rows that were purged, in order, and about what their texts took.

    `n_unnamed` counts those whose ids are not told.
    """

    ids: Sequence[UUID] = ()
    n_bytes: int = 0
    n_unnamed: int = 0

    @property
    def n(self) -> int:
        """Count them all."""
        return len(self.ids) + self.n_unnamed


def next_unit(purge: Purge, units: str) -> UUID | None:
    """Answer the batch, run or experiment in hand, else the next one; None where none is left.

    `units` selects the ids of those there are to do, from %(unit)s on, and only one. One that is
    held meanwhile, or came to life again, is none any more.
    """
    values: dict[str, UUID | datetime] = {"unit": purge.unit, "cutoff": purge.cutoff}
    found = select(units, values)
    if not found:
        return None
    (unit,) = found[0]
    if unit != purge.unit:
        purge.unit, purge.place = unit, FIRST
    return purge.unit


def leave_unit(purge: Purge) -> None:
    """Go on with the next unit: this one is done with."""
    purge.unit, purge.place = UUID(int=purge.unit.int + 1), FIRST


def select(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Answer the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(values))
        return list(cursor.fetchall())


def change(sql: str, values: Mapping[str, Any]) -> int:
    """Run a statement; answers how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(values))
        return int(cursor.rowcount)
