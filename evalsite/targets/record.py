"""Record what a run answered, as one set: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from uuid_utils import uuid7

from evalsite.audit.record import record
from evalsite.blobs.shorten import shorten
from evalsite.cases.models import Suite
from evalsite.cases.strict_json import dump
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Run, RunStatus
from evalsite.tenants.scope import require
from evalsite.tenants.statistics import refresh_statistics

_CREATE = """
    DROP TABLE IF EXISTS pg_temp.staged_output;
    CREATE TEMPORARY TABLE staged_output (
        line bigint, id uuid, key text, repetition integer, answer jsonb, error text,
        latency_ms float8, tokens_in integer, tokens_out integer, cost_usd float8
    ) ON COMMIT DROP
"""
_COPY = "COPY staged_output FROM STDIN"
_REPEATED = """
    SELECT line, key FROM (
        SELECT line, key, row_number() OVER (PARTITION BY key, repetition ORDER BY line) AS place
        FROM staged_output
    ) AS numbered WHERE place > 1 ORDER BY line
"""
_UNKNOWN = """
    SELECT line, key FROM staged_output s WHERE NOT EXISTS (
        SELECT 1 FROM cases_testcase t WHERE t.suite_id = %(suite)s AND t.key = s.key)
    ORDER BY line
"""
_DROP_REPEATED = """
    DELETE FROM staged_output WHERE line IN (
        SELECT line FROM (
            SELECT line,
                row_number() OVER (PARTITION BY key, repetition ORDER BY line) AS place
            FROM staged_output
        ) AS numbered WHERE place > 1)
"""
_FORGET_UNCHANGED = """
    DELETE FROM staged_output s USING targets_output o, cases_testcase t
    WHERE t.suite_id = %(suite)s AND t.key = s.key AND o.run_id = %(run)s AND o.case_id = t.id
        AND o.repetition = s.repetition AND o.answer::text IS NOT DISTINCT FROM s.answer::text
        AND o.error = s.error AND o.latency_ms IS NOT DISTINCT FROM s.latency_ms
        AND o.tokens_in IS NOT DISTINCT FROM s.tokens_in
        AND o.tokens_out IS NOT DISTINCT FROM s.tokens_out
        AND o.cost_usd IS NOT DISTINCT FROM s.cost_usd
"""
_UPSERT = """
    WITH written AS (
        INSERT INTO targets_output AS o (
            id, tenant_id, run_id, case_id, repetition, answer, error, latency_ms, tokens_in,
            tokens_out, cost_usd, recorded_at)
        SELECT s.id, %(tenant)s, %(run)s, t.id, s.repetition, s.answer, s.error, s.latency_ms,
            s.tokens_in, s.tokens_out, s.cost_usd, now()
        FROM staged_output s JOIN cases_testcase t ON t.suite_id = %(suite)s AND t.key = s.key
        ON CONFLICT (tenant_id, run_id, case_id, repetition) DO UPDATE SET
            answer = excluded.answer, error = excluded.error, latency_ms = excluded.latency_ms,
            tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out,
            cost_usd = excluded.cost_usd, recorded_at = excluded.recorded_at
        RETURNING (xmax = 0) AS is_new)
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
"""


class RunCompleted(EvalsiteError):
    """A completed run was told other answers than it has."""

    code = "run_completed"
    hint = "its batches rest on these answers: record the new ones as a run of their own"


class CheckedOutput(NamedTuple):
    """An output that may be kept; `answer` is as the pack normalises it, or None."""

    key: str
    repetition: int
    answer: Any
    error: str
    latency_ms: float | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None


class LostOutput(NamedTuple):
    """A line that cannot be recorded, and the code that says why."""

    line: int
    key: str
    code: str


class Recorded(NamedTuple):
    """How many outputs were added, replaced, and there already."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


# Long answers are kept as blobs, a piece of the rows at a time.
_PIECE_ROWS: Final = 1_000
_PIECE_CHARACTERS: Final = 4_000_000
OUTPUT_REPEATED: Final = "output_repeated"
CASE_UNKNOWN: Final = "case_unknown"


def record_outputs(
    run: Run,
    rows: Iterable[tuple[int, CheckedOutput]],
    *,
    suite: Suite,
    on_lost: Callable[[LostOutput], None],
    actor: object = "",
) -> Recorded:
    """Add or replace a run's outputs for a suite's cases, in flat memory; keep long ones as blobs.

    `on_lost` hears of lines that repeat an output or name no case of the suite; they are left
    out. Raises RunCompleted when a completed run would change.
    """
    values = {"suite": suite.pk, "run": run.pk, "tenant": require()}
    with transaction.atomic():
        _stage(rows)
        _report_lost(values, on_lost=on_lost)
        locked = Run.objects.select_for_update().get(pk=run.pk)
        done = _apply(locked, values)
        if done.new or done.changed:
            record("outputs.recorded", run, actor=actor, new=done.new, changed=done.changed)
    refresh_statistics("targets_output", rows=done.new + done.changed)
    return done


def _stage(rows: Iterable[tuple[int, CheckedOutput]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        for piece in _pieces(rows):
            answers = shorten([answer for *_, answer in piece])
            with cursor.copy(_COPY) as copy:
                for (line, output, _), answer in zip(piece, answers, strict=True):
                    copy.write_row(
                        (line, str(uuid7()), output.key, output.repetition, answer, *output[3:])
                    )
        cursor.execute("ANALYZE staged_output (key, repetition)")


def _pieces(
    rows: Iterable[tuple[int, CheckedOutput]],
) -> Iterator[list[tuple[int, CheckedOutput, str | None]]]:
    """Yield the rows with their answers as text, so many at a time that memory stays flat."""
    piece: list[tuple[int, CheckedOutput, str | None]] = []
    size = 0
    for line, output in rows:
        answer = None if output.answer is None else dump(output.answer)
        piece.append((line, output, answer))
        size += len(answer or "")
        if len(piece) >= _PIECE_ROWS or size >= _PIECE_CHARACTERS:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _report_lost(values: dict[str, Any], *, on_lost: Callable[[LostOutput], None]) -> None:
    repeated = False
    for query, code in ((_UNKNOWN, CASE_UNKNOWN), (_REPEATED, OUTPUT_REPEATED)):
        with connection.chunked_cursor() as cursor:
            cursor.execute(query, values)
            for line, key in cursor:
                repeated = repeated or code == OUTPUT_REPEATED
                on_lost(LostOutput(line, key, code))
    if repeated:
        with connection.cursor() as cursor:
            cursor.execute(_DROP_REPEATED)


def _apply(run: Run, values: dict[str, Any]) -> Recorded:
    with connection.cursor() as cursor:
        unchanged = _run(cursor, _FORGET_UNCHANGED, values=values)
        if run.status == RunStatus.COMPLETED and _has_more(cursor, values):
            raise RunCompleted(f"run {run} is completed, and these answers differ from its own")
        cursor.execute(_UPSERT, values)
        new, changed = cursor.fetchone()
    return Recorded(new=new, changed=changed, unchanged=unchanged)


def _has_more(cursor: CursorWrapper, values: dict[str, Any]) -> bool:
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM staged_output s JOIN cases_testcase t "
        "ON t.suite_id = %(suite)s AND t.key = s.key)",
        values,
    )
    return bool(cursor.fetchone()[0])


def _run(cursor: CursorWrapper, statement: str, *, values: dict[str, Any]) -> int:
    cursor.execute(statement, values)
    return int(cursor.rowcount)
