"""Batches of so many scorecards each, made by PostgreSQL itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsite.batches.models import Batch

CASES = 10_000
STAGES = [{"name": name, "judge": "exact", "lane": "cpu"} for name in ("exact", "f1", "logic")]
_CASES = """
    WITH suite AS (SELECT id FROM cases_suite LIMIT 1), made AS (
        INSERT INTO cases_testcase (id, tenant_id, suite_id, key, state, input, expected, tags,
            category, subcategory, metadata, content_hash, revision_number, created_at, updated_at)
        SELECT gen_random_uuid(), app.tenant_id(), suite.id, 'case-' || n, 'active', '{}', '{}',
            ARRAY['t' || n %% 7], 'c' || n %% 5, '', '{}', repeat('0', 64), 1, now(), now()
        FROM suite, generate_series(1, %s) AS n RETURNING *)
    INSERT INTO cases_revision (id, tenant_id, suite_id, case_id, number, from_version, state,
        input, expected, tags, category, subcategory, metadata, content_hash, author, note,
        created_at)
    SELECT gen_random_uuid(), tenant_id, suite_id, id, 1, 1, state, input, expected, tags, category,
        subcategory, metadata, content_hash, '', '', now() FROM made
"""
_CARDS = """
    INSERT INTO scoring_scorecard (id, tenant_id, batch_id, revision_id, repetition, round, status,
        overall_score, overall_passed, stages, details, latency_ms, tokens_in, tokens_out, cost_usd)
    SELECT gen_random_uuid(), app.tenant_id(), %s, id, 0, 0,
        CASE WHEN random() < 0.8 THEN 'passed' ELSE 'failed' END, random(), true,
        jsonb_build_object('exact', jsonb_build_object('status', 'passed', 'score', 1.0),
            'f1', jsonb_build_object('status', 'passed', 'score', round(random()::numeric, 4)),
            'logic', jsonb_build_object('status', 'failed', 'score', 0.0, 'code', 'call_missing')),
        jsonb_build_object('logic', jsonb_build_object('reason', 'the call ' || md5(id::text)
            || ' was not made, and neither was ' || md5(random()::text))),
        random() * 1000, (random() * 1000)::int, (random() * 1000)::int, random() / 100
    FROM cases_revision
"""


def fill(ends: Sequence[datetime], *, n_cases: int = CASES) -> list[Batch]:
    """Make a suite in the tenant in scope, and a scored batch of it for each end; oldest first."""
    from django.db import connection

    from tests.factories import make_batch, make_run, make_suite, make_target

    suite, target, batches = make_suite(version=1), make_target(), []
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [n_cases])
        for end in ends:
            fields = {"manifest": {"stages": STAGES}, "n_cases": n_cases, "state": "finished"}
            batch = make_batch(suite=suite, run=make_run(target=target), finished_at=end, **fields)
            cursor.execute(_CARDS, [batch.pk])
            batches.append(batch)
        cursor.execute("SELECT app.refresh_statistics('scoring_scorecard', 0)")
        cursor.execute("SELECT app.refresh_statistics('cases_revision', 0)")
    return batches
