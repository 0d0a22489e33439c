"""A crowded board, written by the database itself; only the bench writes rows like this."""

from __future__ import annotations

import sys
import time
from typing import Any

from psycopg import Connection, connect, sql

from tests.factories import make_batch, make_case, make_revision, make_run, make_summary

# The cards of so many runs are written in one statement.
_AT_ONCE = 500
# Run r passes a case by chance, the later ones more often: the last ones lead.
_CARDS = """
    INSERT INTO scoring_scorecard (id, tenant_id, batch_id, revision_id, repetition, round, status,
        overall_score, overall_passed, stages, details, scored_at)
    SELECT gen_random_uuid(), %(tenant)s, md5('batch' || i)::uuid, md5('revision' || c)::uuid, 0, 0,
        CASE WHEN passed THEN 'passed' ELSE 'failed' END, passed::int, passed, '{}', '{}', now()
    FROM generate_series(%(first)s::int, %(last)s::int) AS i,
        generate_series(1, %(cases)s::int) AS c,
        LATERAL (SELECT random() < 0.3 + 0.5 * i / %(runs)s::int + 0 * c AS passed) AS dice
"""
_MOVES = {
    "cases_testcase": {"id": "md5('case' || i)::uuid", "key": "'crowd-' || i"},
    "cases_revision": {"id": "md5('revision' || i)::uuid", "case_id": "md5('case' || i)::uuid"},
    "targets_target": {"id": "md5('target' || i)::uuid", "name": "'crowd-' || i"},
    "targets_run": {
        "id": "md5('run' || i)::uuid",
        "name": "'crowd-' || i",
        "target_id": "md5('target' || 1 + i % 100)::uuid",
        "client_version": "'v' || i / 100",
    },
    "batches_batch": {
        "id": "md5('batch' || i)::uuid",
        "run_id": "md5('run' || i)::uuid",
        "created_at": "now() + make_interval(secs => i)",
    },
    "summaries_summary": {
        "id": "md5('summary' || i)::uuid",
        "batch_id": "md5('batch' || i)::uuid",
        **dict.fromkeys(("pass_rate", "mean_score"), "{rate}"),
        **dict.fromkeys(("pass_low", "score_low"), "{rate} - 0.03"),
        **dict.fromkeys(("pass_high", "score_high"), "{rate} + 0.03"),
    },
}
# Where a batch has cards its mean is theirs.
_MEANS = """
    UPDATE summaries_summary s SET pass_rate = m.rate, mean_score = m.rate,
        pass_low = m.rate - 0.03, score_low = m.rate - 0.03, pass_high = least(1, m.rate + 0.03),
        score_high = least(1, m.rate + 0.03)
    FROM (SELECT batch_id, avg(overall_score) AS rate FROM scoring_scorecard GROUP BY 1) AS m
    WHERE m.batch_id = s.batch_id
"""
_VALUES = """
    UPDATE leaderboard_standing o SET value = pass_rate, low = pass_low, high = pass_high
    FROM summaries_summary s WHERE s.batch_id = o.batch_id
"""
# As `stand` would, for all batches at once.
_STANDINGS = {
    "id": "gen_random_uuid()",
    "subject": "md5(p.kind || i)::uuid",
    "batch_id": "md5('batch' || i)::uuid",
    "batch_at": "now() + make_interval(secs => i)",
    "run_id": "md5('run' || i)::uuid",
    "target_id": "md5('target' || 1 + i % 100)::uuid",
    "client_version": "'v' || i / 100",
}


def fill(admin: str, *, runs: int, cases: int, scored: int) -> Any:
    """Write a suite, runs and batches, the last `scored` of them with scorecards; answers it."""
    case = make_case()
    revision = make_revision(case=case)
    batch = make_batch(suite=case.suite, run=make_run(), state="finished", n_cases=cases)
    make_summary(batch=batch, n=cases, passed=cases, pass_rate=0.1, pass_low=0.1, pass_high=0.1)
    values = {"tenant": revision.tenant_id, "runs": runs, "cases": cases}
    with connect(admin, autocommit=True) as connection:
        # As a superuser, past the wall and without foreign keys, which would take half the time.
        connection.execute("SET session_replication_role = replica")
        counts = {"cases_testcase": cases, "cases_revision": cases, "targets_target": 100}
        for table, moved in _MOVES.items():
            multiply(connection, table, moved, n=counts.get(table, runs), runs=runs)
        for first in range(runs - scored + 1, runs + 1, _AT_ONCE):
            last = min(runs, first + _AT_ONCE - 1)
            connection.execute(_CARDS, {**values, "first": first, "last": last})
        connection.execute(_MEANS)
        connection.execute("VACUUM ANALYZE")
    return batch


def crowd(admin: str, *, runs: int) -> None:
    """Let all runs stand where the one standing of each kind and metric stands."""
    with connect(admin, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        multiply(connection, "leaderboard_standing", _STANDINGS, n=runs, runs=runs)
        connection.execute(_VALUES)
        connection.execute("VACUUM FULL ANALYZE leaderboard_standing")
        connection.execute("VACUUM leaderboard_standing")


def multiply(
    connection: Connection[Any], table: str, moved: dict[str, str], *, n: int, runs: int
) -> None:
    """Copy the rows of a table n times, with other values in the columns that are named."""
    began = time.perf_counter()
    rate = f"(0.3 + 0.5 * i / {runs})"
    pairs = ", ".join(f"'{name}', {value.format(rate=rate)}" for name, value in moved.items())
    statement = (
        f"INSERT INTO {table} SELECT (jsonb_populate_record(p, jsonb_build_object({pairs}))).*"
        f" FROM {table} AS p, generate_series(1, {n}) AS i"
    )
    connection.execute(sql.SQL(statement))
    print(f"{table}: {n:,} in {time.perf_counter() - began:.1f} s", file=sys.stderr)
