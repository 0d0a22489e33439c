"""`make bench`: a judge that asks a model, beside a bare Celery chord and the ideal."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.questions import write_files
from tests.bench.stand import SLOTS, found_tenant, stand, workers
from tests.services import Services

PARALLEL = 25
WARM_UP = 100
JUDGE = {"judges": [{"name": "rubric", "options": {"model": "slow"}}]}
UNITS = {
    "scored_s": "first claim to last commit",
    "x_ideal": "ratio to the ideal",
    "closed_s": "first claim to committed summary",
    "worker_cpu_ms": "processor time of the worker, ms a call",
    "call_cpu_ms": "  of that a call, once running",
    "batch_cpu_ms": "  and a batch, whatever its size",
    "close_cpu_ms": "    of that after its last chunk",
    "bare_s": "the same calls by a bare chord",
    "bare_x_ideal": "ratio of the bare chord to the ideal",
}


def main() -> None:
    """Measure, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds of a call")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    ideal = asked.calls * asked.latency / (SLOTS * PARALLEL)
    loads = [os.getloadavg()[0]]
    os.environ["OUTBOUND_ALLOW"] = json.dumps(["127.0.0.1:*"])
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder, stand() as services:
        rounds = _measure(services, Path(folder), asked=asked, ideal=ideal)
    loads.append(os.getloadavg()[0])
    medians = {name: median(one[name] for one in rounds) for name in UNITS}
    report = {"calls": asked.calls, "ideal_s": ideal, "rounds": rounds, "medians": medians}
    print(json.dumps({**report, "load": loads}))
    print(
        f"{f'{asked.calls} calls of {asked.latency} s, {SLOTS} x {PARALLEL} at once':<44}"
        f"{'median':>8}   each of {len(rounds)}; ideal {ideal:.2f} s",
        file=sys.stderr,
    )
    for name, what in UNITS.items():
        each = "  ".join(f"{one[name]:.2f}" for one in rounds)
        print(f"{what:<44}{medians[name]:>8.2f}   {each}", file=sys.stderr)


def _measure(
    services: Services, folder: Path, *, asked: argparse.Namespace, ideal: float
) -> list[dict[str, float]]:
    from evalsite.endpoints.models import Endpoint
    from evalsite.tenants.scope import tenant
    from tests.bench import bare_calls, rounds

    bare_calls.prepare()
    with tenant(found_tenant()), slow_model(asked.latency) as url:
        Endpoint.objects.create(name="slow", base_url=url, is_default=True, parallel=PARALLEL)
        with workers(services) as worker:
            for name, n in (("warm-up", WARM_UP), ("calls", asked.calls)):
                rounds.import_files(write_files(folder, n), name=name)
            for _ in range(2 * SLOTS):  # each child has its own imports
                _score("warm-up", n=WARM_UP, worker=worker)
            measured = []
            for number in range(asked.rounds):
                figures = _score("calls", n=asked.calls, worker=worker)
                figures |= _parts(
                    figures, _score("warm-up", n=WARM_UP, worker=worker), n=asked.calls
                )
                size = int(figures.pop("chunk"))
                bare = bare_calls.run(number, n=asked.calls, size=size, url=url, at_once=PARALLEL)
                figures |= {"bare_s": bare, "bare_x_ideal": bare / ideal}
                measured.append(figures | {"x_ideal": figures["scored_s"] / ideal})
    return measured


def _parts(large: dict[str, float], small: dict[str, float], *, n: int) -> dict[str, float]:
    """Tell what each call costs from what a batch costs once, by two batches of as many chunks."""
    whole, less = large["worker_cpu_ms"] * n, small["worker_cpu_ms"] * WARM_UP
    call = (whole - less) / (n - WARM_UP)
    return {"call_cpu_ms": call, "batch_cpu_ms": whole - call * n}


def _score(name: str, *, n: int, worker: int) -> dict[str, float]:
    """Judge one batch by the running worker, and rank its board: each case asks the model anew."""
    from django.db.models import F

    from evalsite.batches.models import Batch, Chunk
    from evalsite.cases.queries import Selection, find_suite
    from evalsite.leaderboard.models import Board
    from evalsite.pipeline import launch
    from evalsite.scoring.queries import of_batch
    from evalsite.targets.queries import find_run
    from tests.bench import rounds
    from tests.bench.memory import cpu_seconds

    before = cpu_seconds(worker)
    batch = launch.start(
        suite=find_suite(name),
        run=find_run(name),
        pack="exact",
        options=JUDGE,
        selection=Selection(),
        use_cache=False,
        try_judges=False,
        actor="bench",
    )
    chunks = Chunk.objects.filter(step__batch=batch)
    _until(lambda: not chunks.exclude(state="done").exists())
    scored, judging = time.time(), cpu_seconds(worker)
    _until(lambda: Batch.objects.filter(pk=batch.pk, state="finished").exists())
    closed = time.time()
    _until(lambda: not Board.objects.filter(ranked_version__lt=F("version")).exists())
    spent = cpu_seconds(worker)
    batch.refresh_from_db()
    others = of_batch(batch.pk).exclude(status="passed").values_list("status", "details")
    assert of_batch(batch.pk).filter(status="passed").count() == n, list(others[:2])
    assert batch.n_calls == n
    first = rounds.first_claim(batch)
    return {
        "scored_s": scored - first,
        "closed_s": closed - first,
        "worker_cpu_ms": (spent - before) / n * 1000,
        "close_cpu_ms": (spent - judging) * 1000,
        "chunk": max(chunks.values_list("n_cases", flat=True)),
    }


def _until(holds: Any) -> None:
    while not holds():
        time.sleep(0.01)


@contextmanager
def slow_model(latency: float) -> Iterator[str]:
    """Run the model in a process of its own."""
    program = str(Path(__file__).with_name("slow_model.py"))
    model = subprocess.Popen(
        [sys.executable, program, "--latency", str(latency)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert model.stdout is not None
    try:
        yield model.stdout.readline().strip()
    finally:
        model.communicate()


if __name__ == "__main__":
    main()
