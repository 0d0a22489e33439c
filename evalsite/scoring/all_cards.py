"""The scorecards of batches as SQL, whether they are still there or only their extract is."""

from __future__ import annotations

from typing import Final

# To be read FROM, under a name and with a condition on batch_id. Reasons are not in it: a purge
# takes them away.
ALL_CARDS: Final = """(
    SELECT batch_id, revision_id, repetition, status, overall_score, stages, latency_ms, tokens_in,
        tokens_out, cost_usd
    FROM scoring_scorecard
    UNION ALL
    SELECT e.batch_id, kept.*
    FROM scoring_extract e CROSS JOIN LATERAL unnest(
        e.revisions, e.repetitions, e.statuses, e.scores, e.stages, e.latencies_ms, e.tokens_in,
        e.tokens_out, e.costs_usd) AS kept
)"""
