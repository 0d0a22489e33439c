"""Put a finished batch on its board: one statement, cheap enough to be part of closing it."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from evalsite.batches.models import Batch, BatchState
from evalsite.cases.models import Suite
from evalsite.env import load

# jsonb forgets the order of members and how numbers were written, so equal manifests make equal
# text; where judges' models answered is no part of it. The board's row is locked first, here as
# where it is ranked: nobody waits in a circle.
_STAND = """
    WITH closed AS (
        SELECT b.*, r.target_id, r.client_type, r.client_version,
            s.pass_rate, s.pass_low, s.pass_high, s.mean_score, s.score_low, s.score_high,
            s.n, s.unscored + s.errored AS missing,
            CASE WHEN b.preflight = 'untrusted' THEN 'judge_untrusted'
                 WHEN s.unscored + s.errored > %(limit)s * s.n THEN 'unscored'
                 ELSE '' END AS reserve
        FROM batches_batch b
        JOIN targets_run r ON r.id = b.run_id
        JOIN summaries_summary s ON s.batch_id = b.id AND s.slice_kind = 'all'
        WHERE b.id = %(batch)s AND b.state = 'finished'
    ), board AS (
        INSERT INTO leaderboard_board (id, tenant_id, suite_id, suite_version, pack, selection,
            digest, version, ranked_version, updated_at)
        SELECT gen_random_uuid(), app.tenant_id(), suite_id, suite_version, pack, selection,
            encode(sha256(convert_to(
                jsonb_build_array(suite_version, selection, manifest - 'places')::text,
                'UTF8')), 'hex'),
            1, 0, clock_timestamp()
        FROM closed
        ON CONFLICT (tenant_id, suite_id, digest) DO UPDATE
            SET version = leaderboard_board.version + 1, updated_at = excluded.updated_at
        RETURNING id
    ), stood AS (
        INSERT INTO leaderboard_standing AS old (id, tenant_id, board_id, kind, subject, metric,
            value, low, high, batch_id, batch_at, run_id, target_id, client_type, client_version,
            n, missing, reserve)
        SELECT gen_random_uuid(), app.tenant_id(), board.id, kind, subject, metric,
            value, low, high, c.id, c.created_at, c.run_id, target_id, client_type, client_version,
            n, missing, reserve
        FROM board, closed c,
            LATERAL (VALUES ('run', c.run_id), ('version', md5(jsonb_build_array(
                target_id, client_type, client_version)::text)::uuid)) AS who (kind, subject),
            LATERAL (VALUES ('pass_rate', pass_rate, pass_low, pass_high),
                ('score', mean_score, score_low, score_high)) AS figure (metric, value, low, high)
        ON CONFLICT (tenant_id, board_id, kind, metric, subject) DO UPDATE SET
            value = excluded.value, low = excluded.low, high = excluded.high,
            batch_id = excluded.batch_id, batch_at = excluded.batch_at, run_id = excluded.run_id,
            n = excluded.n, missing = excluded.missing, reserve = excluded.reserve,
            rank_low = NULL, rank_high = NULL, tie_from = NULL, tie_to = NULL
        WHERE old.batch_at <= excluded.batch_at
    )
    SELECT id FROM board
"""


def stand(batch: Batch) -> UUID | None:
    """Let the batch stand for its run and version; answers the board, which is now to be ranked.

    None for a batch that is not finished or has no summary. A system's older batch never replaces
    a newer one; doing it again with the same rows leaves the same figures.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAND, {"batch": batch.pk, "limit": load().unscored_limit})
        row = cursor.fetchone()
    return row[0] if row else None


def stand_all(suite: Suite) -> set[UUID]:
    """Let every finished batch of a suite stand, the oldest first; answers the boards."""
    finished = Batch.objects.filter(suite=suite, state=BatchState.FINISHED).order_by("created_at")
    boards = {stand(batch) for batch in finished.only("pk").iterator()}
    return {board for board in boards if board is not None}
