"""The tables of the old framework, read in one read-only transaction and in flat memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from evalsite.cases.strict_json import JsonRefused, parse
from evalsite.errors import EvalsiteError
from evalsite.exchange.legacy.card_record import BATCH_FIELDS, CARD_FIELDS, RESULT_FIELDS
from evalsite.exchange.legacy.case_record import KEPT_FIELDS, OWN_FIELDS
from evalsite.exchange.lines import BadLine, Line
from packs.nl2api.legacy import OLD_FIELDS

_FETCHED: Final = 1_000
_COLUMNS: Final = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
# Ids are compared as text and by byte, whatever their type: marks are kept as text.
_CASES: LiteralString = """
    SELECT '', r.id::text, 0, to_jsonb(r)::text
    FROM (SELECT {columns} FROM test_cases WHERE id::text COLLATE "C" > {id}) AS r
    ORDER BY r.id::text COLLATE "C"
"""
_CARDS: LiteralString = """
    SELECT batch, id, repetition, record FROM (
        SELECT coalesce(s.{batch}::text, '') COLLATE "C" AS batch, s.id::text COLLATE "C" AS id,
            row_number() OVER (
                PARTITION BY s.{batch}, s.test_case_id ORDER BY {time} s.id) - 1 AS repetition,
            (SELECT to_jsonb(r) FROM (SELECT {columns}) AS r)::text AS record
        FROM scorecards s LEFT JOIN test_cases c ON c.id::text = s.test_case_id::text
    ) AS cards
    WHERE (batch, id) > ({after}, {id}) ORDER BY batch, id
"""


class LegacyUnreachable(EvalsiteError):
    """The old database cannot be opened."""

    code = "legacy_unreachable"
    hint = "give a PostgreSQL URL, or env:NAME of a variable that holds it"


class LegacyUnfit(EvalsiteError):
    """The old database has not the tables and columns that are wanted."""

    code = "legacy_unfit"
    hint = "docs/legacy.md lists them"


class OldRow(NamedTuple):
    """A row with its place in the order of reading; `line` is the record or its fault."""

    batch: str
    id: str
    repetition: int
    line: Line


@dataclass(frozen=True, kw_only=True)
class OldTables:
    """What an old database has; `left_out` names the columns that nothing here reads."""

    connection: psycopg.Connection
    label: str
    case_columns: Sequence[str]
    card_columns: Sequence[str]
    batch_column: str
    left_out: list[str]

    def count(self) -> tuple[int, int]:
        """Answer how many cases and scorecards there are."""
        query = "SELECT (SELECT count(*) FROM test_cases), (SELECT count(*) FROM scorecards)"
        cases, cards = self.connection.execute(query).fetchone() or (0, 0)
        return cases, cards

    def cases(self, *, after: str = "") -> Iterator[OldRow]:
        """Yield the cases in order of id."""
        columns = _listed(None, self.case_columns)
        yield from self._rows(sql.SQL(_CASES).format(columns=columns, id=sql.Literal(after)))

    def cards(self, *, after: tuple[str, str] = ("", "")) -> Iterator[OldRow]:
        """Yield the scorecards batch by batch, each with what its case expects."""
        columns = [_listed("s", self.card_columns), _listed("c", OLD_FIELDS)]
        query = sql.SQL(_CARDS).format(
            batch=sql.Identifier(self.batch_column),
            time=sql.SQL("s.created_at," if "created_at" in self.card_columns else ""),
            columns=sql.SQL(", ").join(columns),
            after=sql.Literal(after[0]),
            id=sql.Literal(after[1]),
        )
        yield from self._rows(query)

    def _rows(self, query: sql.Composed) -> Iterator[OldRow]:
        try:
            with self.connection.cursor(name="legacy") as cursor:
                cursor.itersize = _FETCHED
                cursor.execute(query)
                for number, (batch, id, repetition, text) in enumerate(cursor, start=1):
                    yield OldRow(batch, id, repetition, (number, _record(number, text, id=id)))
        except psycopg.Error as error:
            told = error.diag.message_primary or "the connection was lost"
            raise LegacyUnreachable(told, hint="mend it and go on with the same command") from None


@contextmanager
def old_tables(url: str) -> Iterator[OldTables]:
    """Open the old database for reading; raises LegacyUnreachable and LegacyUnfit.

    The URL, or the variable that `env:NAME` names, stands in no message.
    """
    with _connected(_resolved(url)) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        cases = _columns(connection, "test_cases", wanted=("id", *OLD_FIELDS))
        cards = _columns(connection, "scorecards", wanted=("id", "test_case_id", *RESULT_FIELDS))
        batch = next((name for name in BATCH_FIELDS if name in cards), None)
        if batch is None:
            raise LegacyUnfit(f"scorecards has none of: {', '.join(BATCH_FIELDS)}")
        read_of_cases = _known(cases, "id", *OLD_FIELDS, *OWN_FIELDS, *KEPT_FIELDS)
        read_of_cards = _known(cards, "id", "test_case_id", *CARD_FIELDS, "created_at")
        unread = {"test_cases": (cases, read_of_cases), "scorecards": (cards, read_of_cards)}
        info = connection.info
        yield OldTables(
            connection=connection,
            label=f"{info.dbname}@{info.host or 'local'}:{info.port}"[:200],
            case_columns=read_of_cases,
            card_columns=read_of_cards,
            batch_column=batch,
            left_out=[
                f"{table}.{name}"
                for table, (has, read) in unread.items()
                for name in has
                if name not in read
            ],
        )


def _resolved(url: str) -> str:
    if not url.startswith("env:"):
        return url
    name = url.removeprefix("env:")
    if not os.environ.get(name):
        raise LegacyUnreachable(f"the variable {name!r:.80} is not set")
    return os.environ[name]


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, connect_timeout=10, application_name="evalsite legacy")
    except psycopg.OperationalError as error:
        # Only what the server said: libpq's own words may repeat a part of the URL.
        _, _, told = str(error).partition("FATAL:")
        raise LegacyUnreachable(told.strip()[:200] or "no server answers there") from None
    except psycopg.Error:
        raise LegacyUnreachable("this is no PostgreSQL URL") from None
    with connection:
        yield connection


def _columns(connection: psycopg.Connection, table: str, *, wanted: Sequence[str]) -> list[str]:
    names = [name for (name,) in connection.execute(_COLUMNS, (table,))]
    if missing := [name for name in wanted if name not in names]:
        what = f"lacks {', '.join(missing)}" if names else "is not there"
        raise LegacyUnfit(f"the table {table} {what}")
    return names


def _known(has: Sequence[str], *names: str) -> list[str]:
    return [name for name in names if name in has]


def _listed(table: str | None, columns: Sequence[str]) -> sql.Composed:
    parts = ([table, name] if table else [name] for name in columns)
    return sql.SQL(", ").join(sql.Identifier(*part) for part in parts)


def _record(number: int, text: str, *, id: str) -> Any:
    try:
        return parse(text.encode())
    except JsonRefused as error:
        return BadLine(number, error.code, f"id {id}: {error.message}", error.hint)
