"""The tables that hold rows of tenants, as the database's own catalogue knows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.backends.utils import CursorWrapper

# A table that no model knows is held to the same; the canary is nobody's row.
_TABLES: Final = """
    SELECT c.oid, c.oid::regclass::text FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_'
      AND n.nspname <> 'information_schema' AND c.oid <> 'app.canary'::regclass
    ORDER BY 2
"""
_REFERENCES: Final = """
    SELECT DISTINCT conrelid, confrelid FROM pg_constraint
    WHERE contype = 'f' AND conrelid <> confrelid
"""


def tables_of_tenants(cursor: CursorWrapper) -> list[str]:
    """Name the tables, each before those that it refers to, so that they can be emptied in turn."""
    cursor.execute(_TABLES)
    names: dict[int, str] = dict(cursor.fetchall())
    cursor.execute(_REFERENCES)
    refers = [(child, parent) for child, parent in cursor.fetchall() if {child, parent} <= {*names}]
    return [names[oid] for oid in _in_turn(names, refers)]


def _in_turn(oids: Iterable[int], refers: list[tuple[int, int]]) -> list[int]:
    """Put first what nothing left refers to; tables that refer to each other come as they are."""
    left, turn = list(oids), []
    while left:
        wanted = {parent for child, parent in refers if child in left}
        free = [oid for oid in left if oid not in wanted] or left[:1]
        turn += free
        left = [oid for oid in left if oid not in free]
    return turn
