"""Take a batch's scorecards, or only their texts, away, and keep what comparisons rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

# The scorecards of one extract.
MOST: Final = 1_000

_TIERS: Final = """
    SELECT DISTINCT s.value #>> '{details,sandbox,tier}'
    FROM scoring_scorecard c CROSS JOIN LATERAL jsonb_each(c.details) s
    WHERE c.id = ANY (%(cards)s) AND s.value #>> '{details,sandbox,tier}' IS NOT NULL
"""
_KEEP: Final = """
    INSERT INTO scoring_extract (
        id, tenant_id, batch_id, number, n, tiers, revisions, repetitions, statuses, scores, stages,
        latencies_ms, tokens_in, tokens_out, costs_usd)
    SELECT gen_random_uuid(), app.tenant_id(), %(batch)s, %(first)s + piece, count(*),
        %(tiers)s::text[], array_agg(revision_id), array_agg(repetition), array_agg(status),
        array_agg(overall_score), array_agg(kept), array_agg(latency_ms), array_agg(tokens_in),
        array_agg(tokens_out), array_agg(cost_usd)
    FROM (
        SELECT *, (row_number() OVER (ORDER BY revision_id, repetition) - 1) / %(most)s AS piece,
            CASE WHEN status = 'errored' AND details ? 'batch'
                 THEN stages || jsonb_build_object('batch', jsonb_build_object(
                    'status', status, 'score', NULL, 'code', details #> '{batch,code}'))
                 ELSE stages END AS kept
        FROM scoring_scorecard WHERE id = ANY (%(cards)s) ORDER BY revision_id, repetition
    ) AS cards GROUP BY piece
"""
_NUMBER: Final = (
    "SELECT coalesce(max(number) + 1, 0) FROM scoring_extract WHERE batch_id = %(batch)s"
)
_DELETE: Final = "DELETE FROM scoring_scorecard WHERE id = ANY (%(cards)s)"
# Code and sandbox stay: results and warnings of comparisons rest on them.
_EMPTY: Final = """
    UPDATE scoring_scorecard SET details = coalesce((
        SELECT jsonb_object_agg(s.key, CASE WHEN s.key = 'batch' THEN s.value
            ELSE jsonb_build_object('details', jsonb_build_object('sandbox', jsonb_build_object(
                'tier', s.value #> '{details,sandbox,tier}'))) END)
        FROM jsonb_each(details) s
        WHERE s.key = 'batch' OR jsonb_typeof(s.value #> '{details,sandbox}') = 'object'), '{}')
    WHERE id = ANY (%(cards)s) AND details <> '{}'
"""


def extract(batch: UUID, *, cards: Sequence[UUID]) -> None:
    """Replace these scorecards of a batch by an extract, in the caller's transaction."""
    values: dict[str, Any] = {"batch": batch, "cards": list(cards), "most": MOST}
    with connection.cursor() as cursor:
        cursor.execute(_TIERS, values)
        tiers = [tier for (tier,) in cursor.fetchall()]
        cursor.execute(_NUMBER, values)
        (first,) = cursor.fetchone()
        cursor.execute(_KEEP, {**values, "tiers": tiers, "first": first})
        cursor.execute(_DELETE, values)


def empty_texts(cards: Sequence[UUID]) -> int:
    """Take the reasons and details of these scorecards away; answers how many had any."""
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY, {"cards": list(cards)})
        return int(cursor.rowcount)
