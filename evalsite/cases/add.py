"""Add the new ones of the cases that come, while the next of them are read.

Cases come in blocks. PostgreSQL writes one block while Python reads and checks the next, so that
both cores of a machine have work. All of it is one transaction, on one connection: its pipeline
sends statements without waiting for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from django.db import connection
from django.db.backends.utils import CursorWrapper

from evalsite.cases.apply import REVISE, facts
from evalsite.cases.check import CheckedCase
from evalsite.cases.models import Suite
from evalsite.cases.stage import Row, clear_stage, copy_block, staged_row
from evalsite.tenants.statistics import MANY, refresh_statistics

_BLOCK_ROWS: Final = 2_000
_BLOCK_CHARACTERS: Final = 4_000_000

_CHECK_KEYS = "SET CONSTRAINTS cases_testcase_same_tenant_suite, cases_revision_same_tenant_case {}"
# The unique key itself tells what is known: a join with a large suite could read all of it.
_WRITE = """
    WITH added AS (
        INSERT INTO cases_testcase (
            id, tenant_id, suite_id, key, state, input, expected, tags, category, subcategory,
            complexity, metadata, content_hash, revision_number, created_at, updated_at)
        SELECT s.id, %(tenant)s, %(suite)s, s.key, s.state, s.input, s.expected, s.tags,
            s.category, s.subcategory, s.complexity, s.metadata, s.content_hash, 1, now(), now()
        FROM arrived_case s ORDER BY s.line
        ON CONFLICT (tenant_id, suite_id, key) DO NOTHING RETURNING id, 1 AS number),
    revised AS ({}),
    noted AS (
        INSERT INTO added_case SELECT s.line, s.key FROM arrived_case s JOIN added USING (id)),
    known AS (
        INSERT INTO staged_case
        SELECT * FROM arrived_case WHERE id NOT IN (SELECT id FROM added))
    SELECT count(*) FROM added
"""
_ADD: Final = _WRITE.format(REVISE.format("arrived_case s JOIN added t ON t.id = s.id"))


def add_new(
    suite: Suite, rows: Iterable[tuple[int, CheckedCase]], *, author: str, note: str
) -> int:
    """Add the cases whose keys the suite does not have; answer how many.

    The others stay staged: those that it has, and those whose key an earlier line has. Needs an
    open transaction, and holds the suite once a block is read; memory stays flat.
    """
    clear_stage()
    added = 0
    with connection.cursor() as cursor:
        hold = partial(facts, suite, author=author, note=note)
        for new in _written(cursor, _blocks(rows), hold=hold):
            if added < MANY <= added + new:
                # The plans that check keys last, so the planner has to know of the rows first.
                refresh_statistics("cases_testcase", rows=MANY)
                cursor.execute(_CHECK_KEYS.format("IMMEDIATE"))
            added += new
        cursor.execute(_CHECK_KEYS.format("DEFERRED"))
    return added


def _written(
    cursor: CursorWrapper, blocks: Iterator[list[Row]], *, hold: Callable[[], dict[str, Any]]
) -> Iterator[int]:
    """Write each block while the next one is read; answer how many of its cases were new."""
    with _sent_ahead():
        # Something under way, or who sends slowly would be taken for a session that was left.
        cursor.execute("SELECT 1")
        block = next(blocks, None)
    if block is None:
        return
    values = hold()
    while block is not None:
        copy_block(cursor, block)
        with _sent_ahead():
            cursor.execute(_ADD, values)
            block = next(blocks, None)
        yield int(cursor.fetchone()[0])


@contextmanager
def _sent_ahead() -> Iterator[None]:
    """Send the block's statements without waiting; wait for all of them at its end."""
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def _blocks(rows: Iterable[tuple[int, CheckedCase]]) -> Iterator[list[Row]]:
    """Cut the cases into blocks, so many at a time that memory stays flat."""
    block: list[Row] = []
    size = 0
    for line, case in rows:
        row = staged_row(line, case)
        block.append(row)
        size += len(row.input) + len(row.expected) + len(row.metadata)
        if len(block) >= _BLOCK_ROWS or size >= _BLOCK_CHARACTERS:
            yield block
            block, size = [], 0
    if block:
        yield block
