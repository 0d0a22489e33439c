"""Two batches of the same cases compared: how long it takes, and how much memory.

`python tests/bench/comparisons.py [--cases N] [--clusters SIZE]` prints one JSON line on
stdout and a table on stderr. The second batch is inserted in the transaction that compares it, as
when a batch is closed: the planner has not seen its rows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.memory import MIB
from tests.bench.stand import found_tenant, stand

STAGES = ("syntax", "logic", "execution", "semantics")
UNITS = {
    "compare_s": "compare, from two batches to committed rows",
    "cpu_s": "processor time of both, this process and the database's",
    "load_s": "of it: load the pairs",
    "find_s": "of it: test all metrics and slices",
    "attribute_s": "of it: split the change, find what stands out",
    "growth_mib": "memory that it took, MiB",
    "worst_cases_s": "the five worst cases, as a report asks for them",
}

_CASES = """
    INSERT INTO cases_testcase (id, tenant_id, suite_id, key, state, input, expected, tags,
        category, subcategory, complexity, metadata, content_hash, revision_number, created_at,
        updated_at)
    SELECT gen_random_uuid(), app.tenant_id(), %(suite)s, 'case-' || n, 'active',
        '{"question": "?"}', '{"answer": "!"}', ARRAY['tag-' || n %% 7, 'tag-' || n %% 11],
        'category-' || n %% 5, '', 1 + n %% 5, jsonb_build_object('document', n / %(size)s),
        md5(n::text), 1, now(), now()
    FROM generate_series(1, %(n)s) AS n
"""
_REVISIONS = """
    INSERT INTO cases_revision (id, tenant_id, suite_id, case_id, number, from_version, state,
        input, expected, tags, category, subcategory, complexity, metadata, content_hash, author,
        note, created_at)
    SELECT gen_random_uuid(), tenant_id, suite_id, id, 1, 1, state, input, expected, tags, category,
        subcategory, complexity, metadata, content_hash, '', '', now()
    FROM cases_testcase WHERE suite_id = %(suite)s
"""
# One case in eleven fails, in the second batch a tenth more of those of one tag.
_CARDS = """
    INSERT INTO scoring_scorecard (id, tenant_id, batch_id, revision_id, repetition, round, status,
        overall_score, overall_passed, stages, details, latency_ms, tokens_in, tokens_out, cost_usd)
    SELECT gen_random_uuid(), tenant_id, %(batch)s, id, 0, 0,
        CASE WHEN bad THEN 'failed' ELSE 'passed' END, (3 + score) / 4, NOT bad,
        jsonb_build_object('syntax', good, 'logic', jsonb_build_object('status',
            CASE WHEN bad THEN 'failed' ELSE 'passed' END, 'score', score),
            'execution', good, 'semantics', good),
        '{}', 100 + 900 * random(), 300, (100 * random())::int, 0.001 * random()
    FROM (
        SELECT *, CASE WHEN bad THEN 0.5 * random() ELSE 1.0 END AS score,
            '{"status": "passed", "score": 1.0}'::jsonb AS good
        FROM (
            SELECT *, random() < 0.09 OR ('tag-3' = ANY (tags) AND random() < %(worse)s) AS bad
            FROM cases_revision WHERE suite_id = %(suite)s) AS r) AS judged
"""


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clusters", type=int, default=0, metavar="SIZE", help="cases of each")
    asked = parser.parse_args()
    loads = [os.getloadavg()[0]]
    with stand():
        from evalsite.tenants.scope import tenant

        with tenant(found_tenant()):
            measured = _measure(asked)
    loads.append(os.getloadavg()[0])
    medians = {name: median(one[name] for one in measured) for name in UNITS}
    print(json.dumps({**vars(asked), "each": measured, "medians": medians, "load": loads}))
    _print_table(asked.cases, measured, medians=medians)


def _measure(asked: argparse.Namespace) -> list[dict[str, float]]:
    from django.db import transaction

    suite = _suite(asked)
    before = _batch(suite, worse=0.0)
    measured = []
    for _ in range(asked.rounds + 1):
        with transaction.atomic():
            now = _batch(suite, worse=0.1)
            measured.append(_round(now, before))
            transaction.set_rollback(True)
    # The first one imports scipy, which a worker has done long before.
    return measured[1:]


def _suite(asked: argparse.Namespace) -> Any:
    from django.db import connection

    from evalsite.cases.models import Suite
    from evalsite.tenants.statistics import refresh_statistics

    suite = Suite.objects.create(
        name="large", pack="exact", version=1, cluster_key="document" if asked.clusters else ""
    )
    values = {"suite": suite.pk, "n": asked.cases, "size": asked.clusters or 1}
    with connection.cursor() as cursor:
        cursor.execute(_CASES, values)
        # Of cases that it knows nothing of PostgreSQL would walk all for each revision's key.
        refresh_statistics("cases_testcase", rows=asked.cases)
        cursor.execute(_REVISIONS, values)
    refresh_statistics("cases_revision", rows=asked.cases)
    return suite


def _batch(suite: Any, *, worse: float) -> Any:
    from django.db import connection

    from evalsite.batches.models import Batch
    from evalsite.targets.models import Run, Target

    target, _ = Target.objects.get_or_create(name="system")
    run = Run.objects.create(target=target, name=f"run-{Run.objects.count()}", status="completed")
    manifest = {
        "pack": "exact",
        "stages": [{"name": name, "judge": "exact", "lane": "cpu", "weight": 1} for name in STAGES],
    }
    fields = {"suite_version": 1, "pack": "exact", "n_cases": 1, "state": "finished"}
    batch = Batch.objects.create(suite=suite, run=run, manifest=manifest, **fields)
    with connection.cursor() as cursor:
        cursor.execute(_CARDS, {"suite": suite.pk, "batch": batch.pk, "worse": worse})
    return batch


def _round(now: Any, before: Any) -> dict[str, float]:
    from evalsite.regressions.attribute import attribute
    from evalsite.regressions.compare import compare
    from evalsite.regressions.find import find
    from evalsite.regressions.frame import load_frame
    from evalsite.regressions.queries import worst_cases

    with _growing() as sizes:
        spent = _cpu_seconds()
        compare_s, comparison = _timed(lambda: compare(now))
        spent = _cpu_seconds() - spent
    if comparison.verdict != "regressed":
        sys.exit(f"the planted regression was not found: {comparison.verdict}")
    first = comparison.attribution["pass_rate"]["standouts"][0]
    if (first["stage"], first["value"]) != ("logic", "tag-3"):
        sys.exit(f"the planted slice was not named first: {first}")
    load_s, frame = _timed(lambda: load_frame(now, before))
    return {
        "compare_s": compare_s,
        "cpu_s": spent,
        "load_s": load_s,
        "find_s": _timed(lambda: find(frame, doubt=lambda _kind, _value: ""))[0],
        "attribute_s": _timed(lambda: attribute(frame))[0],
        "growth_mib": max(sizes) - sizes[0],
        "worst_cases_s": _timed(lambda: worst_cases(comparison))[0],
    }


@contextmanager
def _growing() -> Iterator[list[float]]:
    """Sample this process's resident memory in MiB; the first is before the block."""
    sizes, stop = [_resident()], threading.Event()

    def sample() -> None:
        while not stop.wait(0.01):
            sizes.append(_resident())

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        stop.set()
        thread.join()


def _cpu_seconds() -> float:
    """Of this process and of the database's process that works for it."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    times = [psutil.Process(pid).cpu_times() for pid in (os.getpid(), backend)]
    return float(sum(one.user + one.system for one in times))


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / MIB


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


def _print_table(n: int, measured: list[dict[str, float]], *, medians: dict[str, float]) -> None:
    print(f"{f'{n:,} pairs':<50}{'median':>9}   each of {len(measured)}", file=sys.stderr)
    for name, what in UNITS.items():
        each = "  ".join(f"{one[name]:.2f}" for one in measured)
        print(f"{what:<50}{medians[name]:>9.2f}   {each}", file=sys.stderr)


if __name__ == "__main__":
    main()
