"""Write a chunk's scorecards in bulk: COPY into a temporary table, then one INSERT ... SELECT.

COPY straight into a table with row-level security is refused by PostgreSQL.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.batches.lease import Claim
from evalsite.scoring.texts import shorten_details


class Row(NamedTuple):
    """One scorecard as the database takes it: ids are text, `details` and `stages` JSON text."""

    id: str
    revision_id: str
    repetition: int
    latency_ms: float | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    status: str
    overall_score: float | None
    overall_passed: bool | None
    details: str
    stages: str


_COLUMNS = ", ".join(Row._fields)
# It is emptied for whoever writes two chunks in one transaction.
_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_scorecards (
        id uuid, revision_id uuid, repetition int2, latency_ms float8, tokens_in int4,
        tokens_out int4, cost_usd float8, status text, overall_score float8, overall_passed bool,
        details jsonb, stages jsonb
    ) ON COMMIT DELETE ROWS;
    DELETE FROM staged_scorecards
"""
_COPY = f"COPY staged_scorecards ({_COLUMNS}) FROM STDIN"
# The tenant in brackets is asked for once, not for every row.
_INSERT = f"""
    INSERT INTO scoring_scorecard (tenant_id, batch_id, round, {_COLUMNS})
    SELECT (SELECT app.tenant_id()), %(batch)s, %(round)s,
        {", ".join(Row._fields[:-1])}, coalesce(stages, %(common)s::jsonb)
    FROM staged_scorecards
"""
# A later step or a retry replaces what the case had; its earlier stages are already in the row.
_REPLACE = """
    ON CONFLICT (tenant_id, batch_id, revision_id, repetition) DO UPDATE SET
        round = excluded.round, status = excluded.status, overall_score = excluded.overall_score,
        overall_passed = excluded.overall_passed, stages = excluded.stages,
        details = scoring_scorecard.details || excluded.details,
        latency_ms = excluded.latency_ms, tokens_in = excluded.tokens_in,
        tokens_out = excluded.tokens_out, cost_usd = excluded.cost_usd, scored_at = now()
"""
# Foreign keys are checked here, not at commit, when the step's row would be locked. They are looked
# up by index: where a parent's table was small when a session first asked, it would walk all of it
# for every row from then on.
_CHECK_KEYS = "SET LOCAL enable_seqscan = off; SET CONSTRAINTS ALL IMMEDIATE"
# Cases of a chunk that killed its workers: no score, and the reason; but for those whose verdict
# of this step was flushed before.
_WRITE_OFF = """
    INSERT INTO scoring_scorecard (id, tenant_id, batch_id, revision_id, repetition, round, status,
                                   stages, details)
    SELECT gen_random_uuid(), app.tenant_id(), s.batch_id, revision, n, s.round, 'errored',
           '{}', jsonb_build_object('batch', jsonb_build_object('code', %(code)s::text))
    FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
    JOIN batches_batch b ON b.id = s.batch_id
    CROSS JOIN LATERAL unnest(c.revisions) AS revision
    CROSS JOIN LATERAL generate_series(0, b.repetitions - 1) AS n
    WHERE c.id = %(chunk)s AND NOT EXISTS (
        SELECT 1 FROM scoring_scorecard card
        WHERE card.batch_id = b.id AND card.revision_id = revision AND card.repetition = n
          AND card.round = s.round AND card.stages ?& s.stages::text[])
    ON CONFLICT (tenant_id, batch_id, revision_id, repetition) DO UPDATE SET
        round = excluded.round, status = 'errored', overall_score = NULL, overall_passed = NULL,
        details = scoring_scorecard.details || excluded.details, scored_at = now()
    WHERE scoring_scorecard.status IN ('open', 'errored', 'unscored')
"""


def write(claim: Claim, rows: Sequence[Row], *, new: bool = False) -> None:
    """Write the scorecards of a claimed chunk inside the caller's transaction.

    What judges said at length is kept as blobs. Who knows that none of the cases has a scorecard
    says `new`, and saves a look at each; IntegrityError is raised if one has.
    """
    shortened = _shortened(rows)
    common = _commonest(row.stages for row in rows)
    values: dict[str, UUID | int | str | None] = {
        "batch": claim.batch_id,
        "round": claim.round,
        "common": common,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            for row in shortened:
                copy.write_row((*row[:-1], None) if row.stages == common else row)
        cursor.execute(f"{_INSERT if new else _INSERT + _REPLACE}; {_CHECK_KEYS}", values)


def _commonest(texts: Iterable[str]) -> str | None:
    """Answer what is sent once for all that say it: most cases pass, or fail, in the same way."""
    counted = Counter(texts).most_common(1)
    return counted[0][0] if counted else None


def _shortened(rows: Sequence[Row]) -> Sequence[Row]:
    short = shorten_details([row.details for row in rows])
    if not short:
        return rows
    return [row._replace(details=short.get(n, row.details)) for n, row in enumerate(rows)]


def write_off(chunk_id: UUID, *, code: str) -> None:
    """Mark every case of the chunk that has no verdict as errored, with the reason's code."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_OFF, {"chunk": chunk_id, "code": code})
