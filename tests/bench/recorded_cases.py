"""`make bench`: recorded outputs scored by three judges, beside a bare Celery chord."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite import env
from tests.bench.questions import write_files
from tests.bench.stand import found_tenant, stand, workers
from tests.services import Services

WARM_UP = 400
UNITS = {
    "cases_s": "import the cases",
    "outputs_s": "import the outputs",
    "plan_s": "plan and dispatch the batch",
    "scored_s": "first claim to committed summary",
    "worker_cpu_us": "processor time of the worker, us a case",
    "bare_s": "the same by a bare chord",
    "ratio": "ratio to the bare chord",
    "runbatch_s": "runbatch, from command to exit",
    "worker_mib": "peak memory of a worker's child, MiB",
    "runbatch_mib": "peak memory of runbatch itself, MiB",
    "tree_mib": "peak memory of runbatch with its worker, MiB",
}


def main() -> None:
    """Measure, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fresh", action="store_true", help="score before autovacuum has looked")
    asked = parser.parse_args()
    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder, stand() as services:
        rounds = _measure(services, Path(folder), asked=asked)
    loads.append(os.getloadavg()[0])
    medians = {name: median(one[name] for one in rounds) for name in UNITS}
    report = {"cases": asked.cases, "rounds": rounds, "medians": medians, "load": loads}
    print(json.dumps(report))
    _print_table(asked.cases, rounds, medians=medians)


def _measure(
    services: Services, folder: Path, *, asked: argparse.Namespace
) -> list[dict[str, float]]:
    from evalsite.tenants.scope import tenant
    from tests.bench import bare_chord, rounds

    n = asked.cases
    bare_chord.prepare(max(n, WARM_UP))
    with tenant(found_tenant()):
        with workers(services) as worker:
            warm = write_files(folder, WARM_UP)
            rounds.import_files(warm, name="warm-up")
            rounds.score(worker, name="warm-up", batch=-1, n=WARM_UP)
            files = write_files(folder, n)
            measured = []
            for number in range(asked.rounds):
                name = f"round-{number}"
                imported = rounds.import_files(files, name=name)
                if not asked.fresh:
                    rounds.know_tables()
                measured.append(imported | rounds.score(worker, name=name, batch=number, n=n))
        # Apart from the worker above, which would help.
        for number, figures in enumerate(measured):
            figures |= rounds.run_command(env.ROOT, name=f"round-{number}", n=n)
    return measured


def _print_table(n: int, rounds: list[dict[str, float]], *, medians: dict[str, float]) -> None:
    print(f"{f'{n:,} cases':<46}{'median':>9}   each of {len(rounds)}", file=sys.stderr)
    for name, what in UNITS.items():
        each = "  ".join(f"{one[name]:.2f}" for one in rounds)
        print(f"{what:<46}{medians[name]:>9.2f}   {each}", file=sys.stderr)


if __name__ == "__main__":
    main()
