"""Stage cases in a temporary table, where the next verb compares and applies them as one set.

Row-level security refuses COPY into a tenant's table, and a row at a time is slow. A temporary
table takes COPY, belongs to the session alone, and goes when the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper
from uuid_utils import uuid7

from evalsite.cases.check import CheckedCase
from evalsite.cases.strict_json import dump

_CREATE = """
    DROP TABLE IF EXISTS pg_temp.staged_case;
    CREATE TEMPORARY TABLE staged_case (
        line bigint, id uuid, revision_id uuid, key text, state text, input jsonb, expected jsonb,
        tags varchar[], category text, subcategory text, complexity smallint, metadata jsonb,
        content_hash text
    ) ON COMMIT DROP
"""
_COPY = "COPY staged_case FROM STDIN"
# What the next verb joins on; of the rest it needs no statistics.
_ANALYZE = "ANALYZE staged_case (key)"
_FROM_SUITE = """
    INSERT INTO staged_case
    SELECT 0, t.id, w.revision_id, t.key, coalesce(%(state)s, t.state), t.input, t.expected,
        CASE
            WHEN %(add)s = ANY (t.tags) THEN t.tags
            WHEN %(add)s IS NOT NULL THEN t.tags || %(add)s::varchar
            ELSE array_remove(t.tags, %(remove)s::varchar)
        END,
        t.category, t.subcategory, t.complexity, t.metadata, t.content_hash
    FROM cases_testcase t
    JOIN unnest(%(ids)s::uuid[], %(revisions)s::uuid[]) AS w (id, revision_id) ON w.id = t.id
    WHERE t.suite_id = %(suite)s
"""
_REPEATED = """
    SELECT line, key, first FROM (
        SELECT line, key, min(line) OVER keyed AS first, row_number() OVER keyed AS place
        FROM staged_case WINDOW keyed AS (PARTITION BY key ORDER BY line)
    ) AS numbered WHERE place > 1 ORDER BY line
"""
_DROP_REPEATED = """
    DELETE FROM staged_case WHERE line IN (
        SELECT line FROM (
            SELECT line, row_number() OVER (PARTITION BY key ORDER BY line) AS place
            FROM staged_case
        ) AS numbered WHERE place > 1)
"""


class Repeated(NamedTuple):
    """A line whose key an earlier line has."""

    line: int
    key: str
    first: int


def stage_rows(rows: Iterable[tuple[int, CheckedCase]]) -> None:
    """Stage numbered cases in an open transaction; memory stays flat."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        _copy(cursor, rows)
        cursor.execute(_ANALYZE)


def stage_edit(
    suite_id: UUID,
    *,
    ids: Sequence[UUID],
    state: str | None = None,
    add_tag: str | None = None,
    remove_tag: str | None = None,
) -> None:
    """Stage a suite's own cases with one thing about them changed."""
    values: dict[str, Any] = {
        "suite": suite_id,
        "ids": list(ids),
        "revisions": [str(uuid7()) for _ in ids],
        "state": state,
        "add": add_tag,
        "remove": remove_tag,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        cursor.execute(_FROM_SUITE, values)
        cursor.execute(_ANALYZE)


def repeated_keys() -> Iterator[Repeated]:
    """Answer the staged lines whose key stands on an earlier line, in order of line."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_REPEATED)
        yield from (Repeated(*row) for row in cursor)


def drop_repeated() -> int:
    """Keep the first line of each key; answer how many lines were dropped."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP_REPEATED)
        return int(cursor.rowcount)


def _copy(cursor: CursorWrapper, rows: Iterable[tuple[int, CheckedCase]]) -> None:
    with cursor.copy(_COPY) as copy:
        for line, case in rows:
            copy.write_row(
                (
                    line,
                    str(uuid7()),
                    str(uuid7()),
                    case.key,
                    case.state,
                    dump(case.input),
                    dump(case.expected),
                    _array(tuple(case.tags)),
                    case.category,
                    case.subcategory,
                    case.complexity,
                    dump(case.metadata),
                    case.content_hash,
                )
            )


@lru_cache(maxsize=4096)
def _array(tags: tuple[str, ...]) -> str:
    """Answer the tags as PostgreSQL writes an array: the driver takes twice the time of a row."""
    escaped = (tag.replace("\\", "\\\\").replace('"', '\\"') for tag in tags)
    return "{" + ",".join(f'"{tag}"' for tag in escaped) + "}"
