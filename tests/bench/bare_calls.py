"""The limit for model calls: the same requests as one bare chord, with nothing kept but a row."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import aclosing
from typing import Any

import psycopg
from celery import chord

from judges.models import ChatRequest
from judges.post import Poster
from judges.wire import OpenAIWire
from tests.bench.bare_chord import app

_TABLES = """
    CREATE TABLE bare_call (batch int, number int, text text, PRIMARY KEY (batch, number));
    CREATE TABLE bare_call_part (batch int, started_at timestamptz);
    CREATE TABLE bare_call_end (batch int);
"""
_SCHEMA = {"type": "object", "properties": {"choice": {"enum": ["same", "other"]}}}


def prepare() -> None:
    """Make the tables."""
    with _connect() as connection:
        connection.execute(_TABLES)


def run(batch: int, *, n: int, size: int, url: str, at_once: int) -> float:
    """Ask `n` times by one chord; answers the seconds from the first part to the last commit."""
    parts = [
        ask_part.si(batch, first, last=min(first + size, n), url=url, at_once=at_once)
        for first in range(0, n, size)
    ]
    chord(parts, app=app)(end.si(batch)).forget()
    with _connect() as connection:
        while not connection.execute(
            "SELECT count(*) FROM bare_call_end WHERE batch = %s", [batch]
        ).fetchone()[0]:  # type: ignore[index]
            time.sleep(0.01)
        seen = time.time()
        started: tuple[Any, ...] | None = connection.execute(
            "SELECT extract(epoch FROM min(started_at))::float8, (SELECT count(*) FROM bare_call"
            " WHERE batch = %(batch)s) FROM bare_call_part WHERE batch = %(batch)s",
            {"batch": batch},
        ).fetchone()
    assert started is not None
    assert started[1] == n
    return seen - float(started[0])


@app.task
def ask_part(batch: int, first: int, *, last: int, url: str, at_once: int) -> None:
    """Ask for one range of numbers, and write the replies in one transaction."""
    with _connect() as connection:
        connection.execute("INSERT INTO bare_call_part VALUES (%s, now())", [batch])
        replies = asyncio.run(_ask(range(first, last), url=url, at_once=at_once))
        with connection.transaction(), connection.cursor() as cursor:
            with cursor.copy("COPY bare_call FROM STDIN") as copy:
                for number, text in replies:
                    copy.write_row((batch, number, text))


@app.task
def end(batch: int) -> None:
    """Say that all parts are done."""
    with _connect() as connection:
        connection.execute("INSERT INTO bare_call_end VALUES (%s)", [batch])


async def _ask(numbers: range, *, url: str, at_once: int) -> list[tuple[int, str]]:
    left, replies = iter(numbers), []
    async with aclosing(Poster()) as poster:
        wire = OpenAIWire(url, key=None, poster=poster, timeout_s=60)

        async def work() -> None:
            for number in left:
                reply = await wire.chat(_request(number))
                replies.append((number, reply.text))

        await asyncio.gather(*(work() for _ in range(at_once)))
    return replies


def _request(number: int) -> ChatRequest:
    said = f"verdict_id: the characters {number:08} " + "x" * 2_000
    messages = [{"role": "user", "content": said}]
    return ChatRequest(
        model="m", messages=messages, schema=_SCHEMA, parameters={"max_tokens": 1024}
    )


def _connect() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
