"""A database that lacks a unique key of the product's, for as long as a broken build is proved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.crucible.broken.builds import Build
from tests.services import Services

_DEFINITION = """
    SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = %s::regclass AND conname = %s
"""


@contextmanager
def lacking(build: Build | None, services: Services) -> Iterator[None]:
    """Make the key that the build lacks a plain index, and put it back; the table is empty then.

    Raises LookupError where the database lacks it already.
    """
    if build is None or build.lacks is None:
        yield
        return
    table, name = build.lacks
    with services.superuser() as superuser:
        found = superuser.execute(_DEFINITION, [table, name]).fetchone()
        if found is None:
            raise LookupError(f"{table} has no constraint {name}")
        columns = str(found[0]).removeprefix("UNIQUE ")
        superuser.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        superuser.execute(f"CREATE INDEX {name} ON {table} {columns}")
    try:
        yield
    finally:
        with services.superuser() as superuser:
            superuser.execute(f"TRUNCATE {table} CASCADE")
            superuser.execute(f"DROP INDEX {name}")
            superuser.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {found[0]}")
