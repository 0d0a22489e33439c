"""Tell the planner about rows that came in bulk, before autovacuum gets to it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from django.db import connection, transaction

log = logging.getLogger(__name__)

# Fewer new rows than this change no plan.
MANY: Final = 500
# Autovacuum gives way to who has waited a second for it; an import in its transaction does not.
_PATIENCE_MS: Final = 1_500


def refresh_statistics(*tables: str, rows: int) -> None:
    """Analyse the tables after `rows` of theirs were written, if those are many.

    The app role does not own the tables; the database function does it for the known ones. A table
    that another is at is waited for, by a transaction when it is over: it must not hold up others.
    """
    if rows < MANY:
        return
    if not connection.in_atomic_block:
        _wait_for(tables)
    elif left := [table for table in tables if not _analyse(table, patience_ms=0)]:
        transaction.on_commit(lambda: _wait_for(left), robust=True)


def _wait_for(tables: Iterable[str]) -> None:
    for table in tables:
        if not _analyse(table, patience_ms=_PATIENCE_MS):
            log.warning("%s is not analysed: another was at it for too long", table)


def _analyse(table: str, *, patience_ms: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.refresh_statistics(%s, %s)", [table, patience_ms])
        return bool(cursor.fetchone()[0])
