"""Purge a million scorecards as the coordinator does, while somebody reads: what do they feel?

A reader in a process of its own asks for a batch and a page of 50 of its scorecards, so many times
a second; once while nothing else happens, and once during the purge.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand

CASES = 10_000
PER_SECOND = 25
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
_SIZE = "SELECT pg_table_size('scoring_scorecard'), pg_table_size('scoring_extract')"


def main() -> None:
    """Measure, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=1_000_000)
    parser.add_argument("--quiet", type=float, default=60, help="seconds of reading alone")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two sweeps")
    parser.add_argument("--read", nargs=2, metavar=("TENANT", "BATCH"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        _read(asked.read[0], UUID(asked.read[1]))
        return
    load = [os.getloadavg()[0]]
    with stand():
        figures = _measure(asked)
    load.append(os.getloadavg()[0])
    print(json.dumps({"cards": asked.cards, **figures, "load": load}))


def _measure(asked: argparse.Namespace) -> dict[str, Any]:
    from evalsite.tenants.scope import tenant

    tenant_id = found_tenant()
    with tenant(tenant_id):
        young = _fill(asked.cards)
        arguments = [str(tenant_id), str(young)]
        before = _sizes()
        with _Reader(arguments) as reader:
            time.sleep(asked.quiet)
        quiet = reader.figures
        with _Reader(arguments) as reader:
            purge = _purge(asked.pause)
        during = reader.figures
    sizes = {"scorecards_mib": before[0], "extracts_mib": _sizes()[1]}
    ratio = during["p99_ms"] / quiet["p99_ms"]
    return {"quiet": quiet, "during": during, "p99_ratio": ratio, **purge, **sizes}


def _fill(n_cards: int) -> Any:
    """Old batches of so many scorecards together, and a young one; answers that one's id."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from tests.factories import make_batch, make_run, make_suite

    suite, old = make_suite(), timezone.now() - timedelta(days=100)
    ends = [old] * -(-n_cards // CASES) + [timezone.now()]
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [CASES])
        for end in ends:
            fields = {"manifest": {"stages": STAGES}, "n_cases": CASES, "state": "finished"}
            batch = make_batch(suite=suite, run=make_run(), finished_at=end, **fields)
            cursor.execute(_CARDS, [batch.pk])
        cursor.execute("SELECT app.refresh_statistics('scoring_scorecard')")
        cursor.execute("SELECT app.refresh_statistics('cases_revision')")
    return batch.pk


def _purge(pause: float) -> dict[str, float]:
    from evalsite.retention.models import Receipt
    from evalsite.retention.purge_due import purge_due
    from evalsite.retention.set_policy import set_policy

    set_policy({"scorecards": 30})
    began, busy, longest = time.monotonic(), 0.0, 0.0
    while not Receipt.objects.exists():
        started = time.monotonic()
        purge_due()
        took = time.monotonic() - started
        busy, longest = busy + took, max(longest, took)
        time.sleep(pause)
    n = Receipt.objects.get().n
    seconds = time.monotonic() - began
    rate = {"rows_per_s": n / seconds, "rows_per_busy_s": n / busy}
    return {"purged": n, "purge_s": seconds, "longest_sweep_s": longest, **rate}


def _sizes() -> list[float]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        return [round(size / 2**20, 1) for size in cursor.fetchone()]


class _Reader:
    """A process that reads until the block ends, and then tells how long its reads took."""

    def __init__(self, arguments: list[str]) -> None:
        self._command = [sys.executable, __file__, "--read", *arguments]
        self.figures: dict[str, float] = {}

    def __enter__(self) -> _Reader:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(self._command, **pipes, text=True)  # type: ignore[call-overload]
        return self

    def __exit__(self, *_: object) -> None:
        out, _ = self._process.communicate("stop\n", timeout=60)
        self.figures = json.loads(out)


def _read(tenant_id: str, batch: UUID) -> None:
    """Read at a steady rate until told to stop."""
    import select

    import django

    django.setup()
    from evalsite.tenants.scope import tenant

    took = []
    with tenant(tenant_id):
        _page(batch)
        while not select.select([sys.stdin], [], [], 1 / PER_SECOND)[0]:
            started = time.perf_counter()
            _page(batch)
            took.append((time.perf_counter() - started) * 1000)
    took.sort()
    at = {f"p{share}_ms": round(took[len(took) * share // 100], 2) for share in (50, 95, 99)}
    print(json.dumps({"reads": len(took), **at, "max_ms": round(took[-1], 2)}))


def _page(batch: UUID) -> None:
    from evalsite.batches.models import Batch
    from evalsite.scoring.models import Scorecard

    Batch.objects.select_related("run", "suite").get(pk=batch)
    cards = Scorecard.objects.filter(batch=batch).select_related("revision__case")
    list(cards.order_by("revision_id", "repetition")[:50])


if __name__ == "__main__":
    main()
