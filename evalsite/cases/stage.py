"""Stage cases in temporary tables, where the next verb compares and applies them as one set.

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

# Cases arrive in blocks. Those with new keys are added; the others stay staged until the end.
_CREATE = """
    DROP TABLE IF EXISTS pg_temp.staged_case, pg_temp.arrived_case, pg_temp.added_case;
    CREATE TEMPORARY TABLE staged_case (
        line bigint, id uuid, revision_id uuid, key text, state text, input jsonb, expected jsonb,
        tags varchar[], category text, subcategory text, complexity smallint, metadata jsonb,
        content_hash text
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE arrived_case (LIKE staged_case) ON COMMIT DROP;
    CREATE TEMPORARY TABLE added_case (line bigint, key text) ON COMMIT DROP
"""
_COPY = "COPY arrived_case FROM STDIN"
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
        FROM (
            SELECT line, key FROM staged_case UNION ALL
            SELECT line, key FROM added_case WHERE key IN (SELECT key FROM staged_case)
        ) AS lines WINDOW keyed AS (PARTITION BY key ORDER BY line)
    ) AS numbered WHERE place > 1 ORDER BY line
"""
_DROP = "DELETE FROM staged_case s USING ({}) r WHERE r.line = s.line"


class Row(NamedTuple):
    """A case as the tables here hold it, JSON and tags as text."""

    line: int
    id: str
    revision_id: str
    key: str
    state: str
    input: str
    expected: str
    tags: str
    category: str
    subcategory: str
    complexity: int | None
    metadata: str
    content_hash: str


class Repeated(NamedTuple):
    """A line whose key an earlier line has."""

    line: int
    key: str
    first: int


def clear_stage() -> None:
    """Make the tables anew in an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)


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


def repeated_keys() -> Iterator[Repeated]:
    """Answer the staged lines whose key stands on an earlier line, in order of line."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_REPEATED)
        yield from (Repeated(*row) for row in cursor)


def drop_repeated() -> int:
    """Keep the first line of each key; answer how many lines were dropped."""
    with connection.cursor() as cursor:
        cursor.execute(_DROP.format(_REPEATED))
        return int(cursor.rowcount)


def staged_row(line: int, case: CheckedCase) -> Row:
    """Answer a case ready to be copied, with ids for itself and for its revision."""
    return Row(
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


def copy_block(cursor: CursorWrapper, rows: Iterable[Row]) -> None:
    """Copy a block of cases in place of the one before."""
    cursor.execute("TRUNCATE arrived_case")
    with cursor.copy(_COPY) as copy:
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=4096)
def _array(tags: tuple[str, ...]) -> str:
    """Answer the tags as PostgreSQL writes an array: the driver takes twice the time of a row."""
    escaped = (tag.replace("\\", "\\\\").replace('"', '\\"') for tag in tags)
    return "{" + ",".join(f'"{tag}"' for tag in escaped) + "}"
