"""Record what a live target answered, a flush at a time, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.blobs.shorten import shorten
from evalsite.cases.strict_json import dump
from evalsite.targets.connections.reply import Reply


class Heard(NamedTuple):
    """The reply to one case, as one of its revisions has it, and repetition."""

    revision_id: str
    repetition: int
    reply: Reply


# An answer is never replaced: scorecards rest on it. A completed run takes no more.
_INSERT = """
    INSERT INTO targets_output AS o (
        id, tenant_id, run_id, case_id, repetition, answer, error, latency_ms, tokens_in,
        tokens_out, cost_usd, recorded_at)
    SELECT gen_random_uuid(), app.tenant_id(), run.id, r.case_id, h.repetition, h.answer::jsonb,
        h.error, h.latency_ms, h.tokens_in, h.tokens_out, h.cost_usd, now()
    FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::float8[], %s::int[], %s::int[],
                %s::float8[])
        AS h (revision_id, repetition, answer, error, latency_ms, tokens_in, tokens_out, cost_usd)
    JOIN cases_revision r ON r.id = h.revision_id
    JOIN targets_run run ON run.id = %s AND run.status IN ('pending', 'running')
    ON CONFLICT (tenant_id, run_id, case_id, repetition) DO UPDATE SET
        answer = excluded.answer, error = excluded.error, latency_ms = excluded.latency_ms,
        tokens_in = excluded.tokens_in, tokens_out = excluded.tokens_out,
        cost_usd = excluded.cost_usd, recorded_at = excluded.recorded_at
    WHERE o.answer IS NULL
"""


def record_live(run_id: UUID, heard: Sequence[Heard]) -> int:
    """Record the replies as outputs of an open run; answers how many were.

    Long answers are kept as blobs.
    """
    if not heard:
        return 0
    columns: list[list[Any]] = [
        [item.revision_id for item in heard],
        [item.repetition for item in heard],
        shorten([None if r.output is None else dump(r.output) for _, _, r in heard]),
        [item.reply.error for item in heard],
        [item.reply.latency_ms for item in heard],
        [item.reply.tokens_in for item in heard],
        [item.reply.tokens_out for item in heard],
        [item.reply.cost_usd for item in heard],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*columns, run_id])
        return int(cursor.rowcount)
