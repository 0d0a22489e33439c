"""The limit: the same work as one bare chord, with none of what makes an evaluation server.

No tenants, no revisions, no leases, no retries, one plain table: load, judge, write by way of a
temporary table, summarise.
"""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import Any

import orjson
import psycopg
from celery import Celery, chord

from judges.protocol import Score
from judges.registry import JUDGES as REGISTRY
from tests.bench.questions import JUDGES, questions

QUEUE = "bare"
# The cases of a part where the goal of twice this chord was set.
CHUNK = 1_000

app = Celery("bare", set_as_current=False)
app.conf.update(
    broker_url=os.environ.get("BENCH_BROKER"),
    result_backend=os.environ.get("BENCH_BROKER"),
    task_default_queue=QUEUE,
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    include=["tests.bench.bare_calls"],
)

_TABLES = """
    CREATE TABLE bare_case (number int PRIMARY KEY, tag text, input jsonb, expected jsonb,
        answer jsonb);
    CREATE TABLE bare_score (batch int, number int, passed bool, score float8, stages jsonb,
        details jsonb, PRIMARY KEY (batch, number));
    CREATE TABLE bare_part (batch int, started_at timestamptz);
    CREATE TABLE bare_summary (batch int, tag text, n int, passed int, mean float8);
"""
_LOAD = """
    SELECT number, input::text, expected::text, answer::text FROM bare_case
    WHERE number >= %s AND number < %s
"""
_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS bare_staged (LIKE bare_score) ON COMMIT DELETE ROWS
"""
_SUMMARISE = """
    INSERT INTO bare_summary
    SELECT batch, tag, count(*), count(*) FILTER (WHERE passed), avg(score)
    FROM bare_score JOIN bare_case USING (number) WHERE batch = %s
    GROUP BY GROUPING SETS ((batch), (batch, tag))
"""


def prepare(n: int) -> None:
    """Make the tables and fill in the cases."""
    with _connection().cursor() as cursor:
        cursor.execute(_TABLES)
        with cursor.copy("COPY bare_case FROM STDIN") as copy:
            for q in questions(n):
                values = ({"question": q.text}, {"answer": q.expected}, {"answer": q.answer})
                copy.write_row(
                    (q.number, q.tag, *(orjson.dumps(value).decode() for value in values))
                )
        cursor.execute("ANALYZE bare_case")


def run(batch: int, *, n: int, size: int) -> float:
    """Score all cases by one chord; answers the seconds from the first part to the summary."""
    parts = [score_part.si(batch, first, min(first + size, n)) for first in range(0, n, size)]
    chord(parts, app=app)(summarise.si(batch)).forget()
    while not _ask("SELECT count(*) FROM bare_summary WHERE batch = %s", batch):
        time.sleep(0.01)
    seen = time.time()
    assert _ask("SELECT count(*) FROM bare_score WHERE batch = %s", batch) == n
    started = "SELECT extract(epoch FROM min(started_at))::float8 FROM bare_part WHERE batch = %s"
    return seen - float(_ask(started, batch))


@app.task
def score_part(batch: int, first: int, last: int) -> None:
    """Score one range of cases in one transaction."""
    connection = _connection()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare_part VALUES (%s, now())", [batch])
        rows = cursor.execute(_LOAD, [first, last]).fetchall()
        cursor.execute(_STAGE)
        with cursor.copy("COPY bare_staged FROM STDIN") as copy:
            for number, _, expected, answer in rows:
                copy.write_row((batch, number, *_judged(expected, answer)))
        cursor.execute("INSERT INTO bare_score SELECT * FROM bare_staged")


@app.task
def summarise(batch: int) -> None:
    """Write the figures of the whole and of each tag."""
    _connection().execute(_SUMMARISE, [batch])


def _judged(expected: str, answer: str) -> tuple[bool, float, str, str]:
    wanted, given = orjson.loads(expected)["answer"], orjson.loads(answer)["answer"]
    scores: dict[str, Score] = {name: judge(wanted, given) for name, judge in _judges().items()}
    passed = all(score.passed for score in scores.values())
    mean = sum(score.value or 0.0 for score in scores.values()) / len(scores)
    stages = {
        name: {"status": "passed" if score.passed else "failed", "score": score.value}
        for name, score in scores.items()
    }
    why = {name: {"reason": score.reason} for name, score in scores.items() if score.reason}
    return passed, mean, orjson.dumps(stages).decode(), orjson.dumps(why).decode()


@lru_cache(maxsize=1)
def _judges() -> dict[str, Any]:
    return {name: REGISTRY.load(name).value for name in JUDGES}


@lru_cache(maxsize=1)
def _connection() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)


def _ask(sql: str, batch: int) -> Any:
    row = _connection().execute(sql, [batch]).fetchone()
    assert row is not None
    return row[0]
