"""A hundred batches of twenty tenants at once, each case judged by a model of 50 ms.

`python tests/bench/fleet.py [--batches 100] [--tenants 20] [--cases 5000]`. The goal: 80 cases a
second on two cores with everything on one machine, each case scored once and asked about once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.filled import Filled, fill, require_sound, start
from tests.bench.memory import cpu_seconds
from tests.bench.model_calls import JUDGE, PARALLEL, slow_model
from tests.bench.plant import Plant, plant, until_over
from tests.bench.stand import found_tenant, stand
from tests.bench.verdict import Goal, verdict


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--cases", type=int, default=5_000, help="of all batches together")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds of a model call")
    asked = parser.parse_args()
    os.environ["OUTBOUND_ALLOW"] = json.dumps(["127.0.0.1:*"])
    n = asked.cases // asked.batches
    with stand() as services, slow_model(asked.latency) as url:
        found_tenant()
        tenants = {_tenant(number): _work(number, n, url=url) for number in range(asked.tenants)}
        with plant(services) as running:
            figures = _run(running, tenants, batches=asked.batches, n=n)
    goals = [
        Goal("cases a second", figures.pop("cases_per_s"), 80, at_least=True),
        Goal("violations", figures.pop("violations"), 0),
    ]
    verdict("fleet", goals, **figures)


def _tenant(number: int) -> UUID:
    from evalsite.tenants.enrol import create_tenant

    return create_tenant(slug=f"fleet-{number}", name=f"Fleet {number}").pk


def _work(number: int, n: int, *, url: str) -> Filled:
    from evalsite.endpoints.models import Endpoint
    from evalsite.tenants.models import Tenant
    from evalsite.tenants.scope import tenant

    with tenant(Tenant.objects.get(slug=f"fleet-{number}").pk):
        Endpoint.objects.create(name="slow", base_url=url, is_default=True, parallel=PARALLEL)
        return fill(n)


def _run(running: Plant, tenants: dict[UUID, Filled], *, batches: int, n: int) -> dict[str, Any]:
    from evalsite.tenants.scope import tenant

    options = {"options": JUDGE, "use_cache": False, "try_judges": False}
    worker = running.processes["worker"].pid
    places, started = list(tenants.items()), []
    # The first batch of a process imports what the others have.
    with tenant(places[0][0]):
        warm = start(places[0][1], **options)
        until_over(warm.pk, seconds=120)
    began, spent = time.perf_counter(), cpu_seconds(worker)
    for number in range(batches):
        one, filled = places[number % len(places)]
        with tenant(one):
            started.append((one, start(filled, **options)))
    launched = time.perf_counter() - began
    for one, batch in started:
        with tenant(one):
            until_over(batch.pk, seconds=1800, pause=0.1)
    took = time.perf_counter() - began
    cases = n * batches
    return {
        "cases_per_s": round(cases / took, 1),
        "violations": sum(not _is_sound(one, batch, n=n) for one, batch in started),
        "took_s": round(took, 2),
        "launched_s": round(launched, 2),
        "worker_cpu_ms_a_case": round((cpu_seconds(worker) - spent) / cases * 1000, 2),
        "peak_mib": running.peaks(),
    }


def _is_sound(tenant_id: UUID, batch: Any, *, n: int) -> bool:
    from evalsite.tenants.scope import tenant

    with tenant(tenant_id):
        batch.refresh_from_db()
        try:
            require_sound(batch, n=n, passed=n)
        except AssertionError as wrong:
            print(f"batch {batch.pk}: {wrong}", file=sys.stderr)
            return False
    if batch.n_calls != n:
        print(f"batch {batch.pk}: {batch.n_calls} calls for {n} cases", file=sys.stderr)
    return bool(batch.n_calls == n)


if __name__ == "__main__":
    main()
