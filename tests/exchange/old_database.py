"""A database with the tables of the old framework, in a PostgreSQL of its own name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from tests.services import Services

NAME = "old_framework"
N = 250
# The old ids are of different types, as they were over the years.
_TABLES = """
    DROP TABLE IF EXISTS test_cases, scorecards;
    CREATE TABLE test_cases (
        id serial PRIMARY KEY, name text, nl_query text, expected_tool_calls jsonb,
        expected_response jsonb, expected_nl_response text, tags text[], complexity_level text,
        is_active boolean DEFAULT true, created_at timestamptz DEFAULT now(), embedding float8[]);
    CREATE TABLE scorecards (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(), test_case_id int, batch_run_id text,
        syntax_result jsonb, logic_result jsonb, execution_result jsonb, semantics_result jsonb,
        overall_passed boolean, overall_score float8, created_at timestamptz, trace_url text)
"""
_CASES = f"""
    INSERT INTO test_cases (name, nl_query, expected_tool_calls, expected_nl_response, tags,
        complexity_level, is_active)
    SELECT 'weather ' || n, 'Weather on day ' || n || '?',
        jsonb_build_array(jsonb_build_object('tool_name', 'weather',
            'arguments', jsonb_build_object('day', n))),
        CASE WHEN n % 2 = 0 THEN 'It is clear.' END, ARRAY['weather', 'part ' || n % 3],
        CASE WHEN n % 5 = 0 THEN 'complex' ELSE '2' END, n % 50 <> 0
    FROM generate_series(1, {N}) AS n
"""
# In the second batch every tenth case fails in logic; one scorecard of it has no logic result.
_CARDS = """
    INSERT INTO scorecards (test_case_id, batch_run_id, syntax_result, logic_result,
        semantics_result, overall_passed, overall_score, created_at)
    SELECT c.id, b.name, '{"passed": true, "score": 1}',
        CASE WHEN b.name = 'nightly 2' AND c.id = 7 THEN NULL
            WHEN b.name = 'nightly 2' AND c.id % 10 = 0
            THEN '{"passed": false, "score": 0.5, "reason": "wrong day"}'::jsonb
            ELSE '{"status": "success"}' END,
        CASE WHEN c.expected_nl_response IS NOT NULL THEN 'true'::jsonb END,
        CASE WHEN b.name = 'nightly 2' THEN c.id % 10 <> 0 END,
        CASE WHEN b.name = 'nightly 2' AND c.id % 10 = 0 THEN 0.75 END, b.at
    FROM test_cases c CROSS JOIN (VALUES ('nightly-1', '2024-05-01T02:00:00Z'::timestamptz),
        ('nightly 2', '2024-06-01T02:00:00Z')) AS b (name, at)
"""


@contextmanager
def old_database(services: Services) -> Iterator[str]:
    """Make an empty database for a block; give its connection string."""
    with psycopg.connect(services.admin, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {NAME}")
        try:
            yield make_conninfo(services.admin, dbname=NAME)
        finally:
            admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def fill_old(url: str) -> None:
    """Make the old tables anew."""
    with psycopg.connect(url) as source:
        for statement in (_TABLES, _CASES, _CARDS):
            source.execute(statement)
