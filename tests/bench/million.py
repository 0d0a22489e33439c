"""A million cases in one batch, killed at half way with everything else, and resumed.

`python tests/bench/million.py [--cases 1000000] [--baseline]`. Goals: no process of evalsite over
400 MiB, each case scored exactly once. `--baseline` scores a second run of the suite after it,
which is compared with the first: a million pairs.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.filled import Filled, fill, require_sound, right, start
from tests.bench.plant import Plant, is_over, plant, until, until_over
from tests.bench.stand import found_tenant, stand
from tests.bench.verdict import Goal, verdict
from tests.services import DATABASE, Services

MOST_MIB = 400
_DONE = """
    SELECT coalesce(sum(n_cases), 0) FROM batches_chunk WHERE state = 'done' AND step_id IN (
        SELECT id FROM batches_step WHERE batch_id = %s)
"""


def main() -> None:
    """Score, kill, resume, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--baseline", action="store_true", help="compare a second run with it")
    asked = parser.parse_args()
    n, figures = asked.cases, {}
    with stand() as services:
        from evalsite.tenants.scope import tenant

        with tenant(found_tenant()):
            began = time.perf_counter()
            filled = fill(n, services=services)
            figures["filled_s"] = round(time.perf_counter() - began, 1)
            with plant(services) as running:
                figures |= _killed_and_resumed(running, services, filled, n=n)
                if asked.baseline:
                    figures |= _compared(filled, n=n)
                peaks = running.peaks()
    worst = max(peaks, key=lambda role: peaks[role])
    goals = [
        Goal(f"peak memory, MiB ({worst})", peaks[worst], MOST_MIB),
        Goal("cases lost or doubled", figures.pop("wrong"), 0),
    ]
    verdict("million", goals, cases=n, peak_mib=peaks, **figures)


def _killed_and_resumed(
    running: Plant, services: Services, filled: Filled, *, n: int
) -> dict[str, Any]:
    named = ("--tenant", "bench", "--suite", filled.suite.name, "--run", filled.run.name)
    began = time.perf_counter()
    first = running.run("runbatch", sys.executable, "manage.py", "runbatch", *named)
    batch = _launched()
    until(lambda: first.poll() is not None or _done(batch.pk) * 2 >= n, seconds=7200, pause=0.2)
    if first.poll() is not None:
        sys.exit(f"runbatch ended with {first.returncode} before half way")
    done = _done(batch.pk)
    half = time.perf_counter() - began
    running.kill()
    _kill_servers(services)
    back = time.perf_counter()
    running.start(wait=False)  # the broker that this process knew is gone
    again = ("--tenant", "bench", "--resume", str(batch.pk))
    command = running.run("runbatch", sys.executable, "manage.py", "runbatch", *again)
    exit_code = command.wait(timeout=7200)
    took = time.perf_counter() - back
    if not is_over(batch.pk) or exit_code:
        sys.exit(f"runbatch --resume ended with {exit_code}")
    return {
        "wrong": _wrong(batch, n=n),
        "half_s": round(half, 1),
        "done_when_killed": done,
        "resumed_s": round(took, 1),
        "cases_per_s": round((n - done) / took),
    }


def _compared(filled: Filled, *, n: int) -> dict[str, Any]:
    """Score it once more, so that there is a baseline."""
    began = time.perf_counter()
    batch = start(filled)
    planned = time.perf_counter() - began
    until_over(batch.pk, seconds=7200, pause=0.2)
    took = time.perf_counter() - began
    require_sound(batch, n=n, passed=right(n))
    return {"second_s": round(took, 1), "second_planned_s": round(planned, 2)}


def _launched() -> Any:
    from evalsite.batches.models import Batch

    until(lambda: Batch.objects.exists(), seconds=600)
    return Batch.objects.get()


def _wrong(batch: Any, *, n: int) -> int:
    try:
        require_sound(batch, n=n, passed=right(n))
    except AssertionError as wrong:
        print(f"wrong: {wrong}", file=sys.stderr)
        return 1
    return 0


def _done(batch_id: UUID) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_DONE, [batch_id])
        return int(cursor.fetchone()[0])


def _kill_servers(services: Services) -> None:
    """Kill -9 PostgreSQL and the broker as well, and start them on what is on the disk."""
    from django.db import connections

    from evalsite.embedded import supervisor
    from evalsite.embedded.spawn import StartFailed

    for server in supervisor.status(services.layout):
        if server.pid is not None:
            os.kill(server.pid, signal.SIGKILL)
    connections.close_all()
    time.sleep(3)
    for _ in range(10):  # it replays what was not on the disk, for longer than a start may take
        with suppress(StartFailed):
            supervisor.ensure_started(services.layout, database=DATABASE, bound=True)
            return
    sys.exit("the servers do not come back")


if __name__ == "__main__":
    main()
