"""Tell the planner about rows that came in bulk, before autovacuum gets to it."""

from __future__ import annotations

from typing import Final

from django.db import connection

# Fewer new rows than this change no plan.
MANY: Final = 500


def refresh_statistics(*tables: str, rows: int) -> None:
    """Analyse the tables after `rows` of theirs were written, if those are many.

    The app role does not own the tables; the database function does it for the known ones.
    """
    if rows < MANY:
        return
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT app.refresh_statistics(%s)", [table])
