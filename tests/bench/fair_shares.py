"""How evenly tenants share the workers while all of them have work, and what weights do.

`python tests/bench/fair_shares.py [--tenants 20] [--cases 10000]`. All is started before a
worker is. Cases of each tenant that were sent until the first tenant had no more: Jain's index of
equal tenants at least 0.95, and with weights 1, 2 and 4 each share within 15 % of what its weight
gives.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.filled import Filled, fill, start
from tests.bench.plant import plant, until_over
from tests.bench.stand import found_tenant, stand
from tests.bench.verdict import Goal, verdict
from tests.services import Services

WEIGHTS = (1, 2, 4)
# Fine enough that a chunk more or less is no 15 %: chunks of 1,000, and 40 for the lightest tenant.
CHUNK_SECONDS = "0.1"
FINE = 16
_SENT = """
    SELECT coalesce(sum(c.n_cases), 0) FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
    WHERE s.batch_id = %s AND c.dispatched_at <= %s
"""
_LAST = """
    SELECT max(c.dispatched_at) FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
    WHERE s.batch_id = %s
"""


def main() -> None:
    """Measure equal tenants, then weighted ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--cases", type=int, default=10_000, help="of each equal tenant")
    asked = parser.parse_args()
    os.environ["CHUNK_SECONDS"] = CHUNK_SECONDS
    with stand() as services:
        from evalsite.quotas.set_quota import set_quota
        from evalsite.tenants.scope import tenant

        found_tenant()
        work = {one: _fill(one, asked.cases) for one in _tenants("equal", asked.tenants)}
        n = FINE * asked.cases
        weighted = {one: _fill(one, n) for one in _tenants("weighted", len(WEIGHTS))}
        for one, weight in zip(weighted, WEIGHTS, strict=True):
            with tenant(one):
                set_quota(weight=weight)
        equal, heavy = _shares(services, work), _shares(services, weighted)
    index = sum(equal) ** 2 / (len(equal) * sum(n * n for n in equal))
    due = [weight / sum(WEIGHTS) for weight in WEIGHTS]
    parts = [n / sum(heavy) for n in heavy]
    off = max(abs(part / want - 1) for part, want in zip(parts, due, strict=True))
    goals = [
        Goal("Jain's index of equal tenants", index, 0.95, at_least=True),
        Goal("a weighted share is off by at most, %", 100 * off, 15),
    ]
    shares = [round(part, 3) for part in parts]
    verdict("fair_shares", goals, sent_equal=equal, sent_weighted=heavy, weighted_shares=shares)


def _tenants(kind: str, n: int) -> list[UUID]:
    from evalsite.tenants.enrol import create_tenant

    return [create_tenant(slug=f"{kind}-{i}", name=f"{kind} {i}").pk for i in range(n)]


def _fill(tenant_id: UUID, n: int) -> Filled:
    from evalsite.tenants.scope import tenant

    with tenant(tenant_id):
        return fill(n)


def _shares(services: Services, work: dict[UUID, Filled]) -> list[int]:
    """Score all at once; answers how many cases of each were sent while all had some to send."""
    from evalsite.tenants.scope import tenant

    batches: dict[UUID, Any] = {}
    for one, filled in work.items():
        with tenant(one):
            batches[one] = start(filled, priority="bulk").pk
    with plant(services):
        for one, batch in batches.items():
            with tenant(one):
                until_over(batch, seconds=3600, pause=0.5)
    first = min(_ask(one, _LAST, batch) for one, batch in batches.items())
    return [int(_ask(one, _SENT, batch, first)) for one, batch in batches.items()]


def _ask(tenant_id: UUID, sql: str, *values: Any) -> Any:
    from django.db import connection

    from evalsite.tenants.scope import tenant

    with tenant(tenant_id), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main()
