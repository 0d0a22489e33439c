"""Suites of any size with a run that answered them, made by PostgreSQL itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from evalsite.batches.models import Batch
    from evalsite.cases.models import Suite
    from evalsite.targets.models import Run
    from tests.services import Services

PIECE = 50_000
_CASES = """
    WITH made AS (
        INSERT INTO cases_testcase (id, tenant_id, suite_id, key, state, input, expected, tags,
            category, subcategory, metadata, content_hash, revision_number, created_at, updated_at)
        SELECT gen_random_uuid(), app.tenant_id(), %(suite)s, 'case-' || lpad(n::text, 7, '0'),
            'active', jsonb_build_object('question', 'Which river runs through province ' || n
                || ', and into which sea does it go?'),
            jsonb_build_object('answer', 'the river Amber ' || n), ARRAY['tag-' || n %% 5],
            'kind-' || n %% 3, '', '{}', repeat('0', 64), 1, now(), now()
        FROM generate_series(%(first)s, %(last)s) AS n RETURNING *)
    INSERT INTO cases_revision (id, tenant_id, suite_id, case_id, number, from_version, state,
        input, expected, tags, category, subcategory, metadata, content_hash, author, note,
        created_at)
    SELECT gen_random_uuid(), tenant_id, suite_id, id, 1, 1, state, input, expected, tags, category,
        subcategory, metadata, content_hash, '', '', now() FROM made
"""
# Of ten answers seven are right.
_OUTPUTS = """
    INSERT INTO targets_output (id, tenant_id, run_id, case_id, repetition, answer, error,
        latency_ms, recorded_at)
    SELECT gen_random_uuid(), app.tenant_id(), %(run)s, id, 0, CASE
        WHEN right(key, 1)::int < 7 THEN expected ELSE '{"answer": "nobody knows"}' END, '',
        100 + right(key, 2)::int, now()
    FROM cases_testcase WHERE suite_id = %(suite)s
        AND key BETWEEN 'case-' || lpad(%(first)s::text, 7, '0')
                    AND 'case-' || lpad(%(last)s::text, 7, '0')
"""
_TABLES = ("cases_testcase", "cases_revision", "targets_output")


class Filled(NamedTuple):
    """A suite and a run that answered all of it."""

    suite: Suite
    run: Run


def fill(n: int, *, name: str = "filled", services: Services | None = None) -> Filled:
    """Make a suite of n cases and its run, in the tenant in scope; the planner knows them.

    With `services` past all triggers, as the server's superuser: three times as fast.
    """
    from django.db import connection, connections

    from evalsite.tenants.scope import require
    from tests.factories import make_run, make_suite

    filled = Filled(make_suite(name=name, version=1), make_run(name=name))
    with services.superuser() if services else connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant_id', %s, false)", [str(require())])
        for first in range(0, n, PIECE):
            values: dict[str, Any] = {"first": first, "last": min(first + PIECE, n) - 1}
            values |= {"suite": filled.suite.pk, "run": filled.run.pk}
            cursor.execute(_CASES, values)
            cursor.execute(_OUTPUTS, values)
    with connections["owner"].cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"ANALYZE {table}")
    return filled


def right(n: int) -> int:
    """Count the right answers to n cases, from the rule alone."""
    return sum(number % 10 < 7 for number in range(n))


def start(filled: Filled, **options: Any) -> Batch:
    """Start a batch of all its cases."""
    from evalsite.cases.queries import Selection
    from evalsite.pipeline import launch

    usual = {"options": {}, "selection": Selection(), "actor": "bench"}
    return launch.start(suite=filled.suite, run=filled.run, pack="exact", **{**usual, **options})


def require_sound(batch: Batch, *, n: int, passed: int) -> None:
    """Each case scored once, and the summary says so; AssertionError else."""
    from evalsite.scoring.queries import of_batch
    from evalsite.summaries.queries import headline

    cards, whole = of_batch(batch.pk), headline(batch.pk)
    assert cards.values("revision_id").distinct().count() == cards.count() == n, cards.count()
    assert whole is not None
    assert (whole.n, whole.passed, whole.unscored, whole.errored) == (n, passed, 0, 0), whole
