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

from tests.bench.scored import CASES, fill
from tests.bench.stand import found_tenant, stand

PER_SECOND = 25
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
    from datetime import timedelta

    from django.utils import timezone

    from evalsite.tenants.scope import tenant

    tenant_id = found_tenant()
    with tenant(tenant_id):
        old = timezone.now() - timedelta(days=100)
        *_, young = fill([old] * -(-asked.cards // CASES) + [timezone.now()])
        arguments = [str(tenant_id), str(young.pk)]
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
