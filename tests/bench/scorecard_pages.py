"""Pages of a large batch's scorecards over the API: each filter, at the beginning and at the end.

`python tests/bench/scorecard_pages.py [--cases N]` prints one JSON line on stdout and a table on
stderr: milliseconds of a whole request, the median of ten, among three batches of that size.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand

_CASES: Final = """
    INSERT INTO cases_testcase (id, tenant_id, suite_id, key, state, input, expected, tags,
        category, subcategory, complexity, metadata, content_hash, revision_number, created_at,
        updated_at)
    SELECT gen_random_uuid(), app.tenant_id(), %(suite)s, 'case-' || n, 'active',
        jsonb_build_object('question', repeat('why? ', 60)), '{"answer": "!"}',
        ARRAY['tag-' || n %% 7] || CASE WHEN n %% 20000 = 7 THEN ARRAY['rare'] ELSE '{}' END,
        'category-' || n %% 5, '', 1 + n %% 5, '{}', md5(n::text), 1, now(), now()
    FROM generate_series(1, %(n)s) AS n
"""
_REVISIONS: Final = """
    INSERT INTO cases_revision (id, tenant_id, suite_id, case_id, number, from_version, state,
        input, expected, tags, category, subcategory, complexity, metadata, content_hash, author,
        note, created_at)
    SELECT gen_random_uuid(), tenant_id, suite_id, id, 1, 1, state, input, expected, tags, category,
        subcategory, complexity, metadata, content_hash, '', '', now()
    FROM cases_testcase WHERE suite_id = %(suite)s
"""
# One case in eleven fails, one in 20,000 has no score; each has half a kilobyte of details.
_CARDS: Final = """
    INSERT INTO scoring_scorecard (id, tenant_id, batch_id, revision_id, repetition, round, status,
        overall_score, overall_passed, stages, details, latency_ms, tokens_in, tokens_out, cost_usd)
    SELECT gen_random_uuid(), tenant_id, %(batch)s, id, 0, 0, status,
        CASE status WHEN 'passed' THEN 1 WHEN 'failed' THEN 0.5 * random() END,
        CASE status WHEN 'passed' THEN true WHEN 'failed' THEN false END,
        jsonb_build_object('syntax', good, 'logic', jsonb_build_object(
            'status', status, 'score', 0.5, 'code',
            CASE status WHEN 'unscored' THEN 'no_answer' ELSE '' END)),
        jsonb_build_object('logic', jsonb_build_object('reason', repeat(md5(id::text), 16))),
        100 + 900 * random(), 300, 50, 0.001
    FROM (
        SELECT id, tenant_id, '{"status": "passed", "score": 1.0}'::jsonb AS good, CASE
            WHEN place %% 20000 = 11 THEN 'unscored' WHEN place %% 11 = 0 THEN 'failed'
            ELSE 'passed' END AS status
        FROM (SELECT *, row_number() OVER (ORDER BY random()) AS place FROM cases_revision
              WHERE suite_id = %(suite)s) AS placed) AS judged
"""
FILTERS: Final[dict[str, dict[str, str]]] = {
    "none": {},
    "status, one in eleven": {"status": "failed"},
    "status, five in all": {"status": "unscored"},
    "passed": {"passed": "true"},
    "stage and its status, one in eleven": {"stage": "logic", "stage_status": "failed"},
    "stage and its status, none": {"stage": "syntax", "stage_status": "errored"},
    "code, five in all": {"code": "no_answer"},
    "code, none": {"code": "nothing"},
    "slice, one in seven": {"slice": "tag:tag-3"},
    "slice, five in all": {"slice": "tag:rare"},
    "slice, none": {"slice": "tag:none"},
    "case": {"case": "case-77"},
    "scores, one in 22": {"max_score": "0.25"},
    "repetition, none": {"repetition": "1"},
}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    with stand():
        from evalsite.tenants.scope import tenant

        tenant_id = found_tenant()
        with tenant(tenant_id):
            batch = _filled(asked.cases)
        measured = _measured(batch, tenant_id=tenant_id)
    print(json.dumps({"cases": asked.cases, "load": [load, os.getloadavg()[0]], "ms": measured}))
    for name, (first, last) in measured.items():
        print(f"{name:40} first {first:7.1f} ms   last {last:7.1f} ms", file=sys.stderr)


def _filled(n: int) -> Any:
    from django.db import connection

    from evalsite.cases.models import Suite
    from evalsite.tenants.statistics import refresh_statistics
    from tests.factories import make_batch

    suite = Suite.objects.create(name="large", pack="exact", version=1)
    batches = [make_batch(suite=suite, state="finished", n_cases=n) for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute(_CASES, {"suite": suite.pk, "n": n})
        cursor.execute(_REVISIONS, {"suite": suite.pk})
        for batch in batches:
            cursor.execute(_CARDS, {"suite": suite.pk, "batch": batch.pk})
    refresh_statistics("cases_testcase", "cases_revision", "scoring_scorecard", rows=n)
    return batches[1]


def _measured(batch: Any, *, tenant_id: Any) -> dict[str, tuple[float, float]]:
    from django.conf import settings
    from django.test import Client

    from evalsite.keys.issue import issue_key
    from evalsite.tenants.scope import tenant

    settings.ALLOWED_HOSTS = ["*"]
    with tenant(tenant_id):
        key = issue_key(name="bench", role="viewer", scopes=["*:read"]).token.get_secret_value()
    client = Client(headers={"authorization": f"Bearer {key}"})
    address = f"/api/v1/batches/{batch.pk}/scorecards"
    found = {}
    for name, params in FILTERS.items():
        last = _last(client, address, params)
        found[name] = (_time(client, address, params), _time(client, last, {}))
    return found


def _last(client: Any, address: str, params: dict[str, str]) -> str:
    """Answer the address of a page near the end: the one before the cases run out."""
    page = client.get(address, {**params, "page_size": "500"}).json()
    here = address
    while page["next"]:
        here = page["next"]
        page = client.get(here).json()
    return here.replace("page_size=500", "page_size=50")


def _time(client: Any, address: str, params: dict[str, str]) -> float:
    times = []
    for _ in range(10):
        begun = time.perf_counter()
        assert client.get(address, params).status_code == 200
        times.append(1000 * (time.perf_counter() - begun))
    return median(times)


if __name__ == "__main__":
    main()
