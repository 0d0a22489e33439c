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
    "bare_cut_s": "by a bare chord in chunks as large as ours",
    "ratio_cut": "ratio to that one",
    "runbatch_s": "runbatch, from command to exit",
    "worker_mib": "peak memory of a worker's child, MiB",
    "runbatch_mib": "peak memory of runbatch itself, MiB",
    "crew_mib": "peak memory of a process of its worker, MiB",
    "tree_mib": "peak memory of runbatch and its worker together, MiB",
}
SLOPES = {
    "scored_s": "first claim to committed summary",
    "bare_s": "the same by a bare chord",
    "bare_cut_s": "by a bare chord in chunks as large as ours",
}
Rounds = list[dict[str, float]]


def main() -> None:
    """Measure, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000], help="sizes of suites")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fresh", action="store_true", help="score before autovacuum has looked")
    asked = parser.parse_args()
    loads = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder, stand() as services:
        measured = _measure(services, Path(folder), asked=asked)
    loads.append(os.getloadavg()[0])
    medians = {n: _medians(rounds) for n, rounds in measured.items()}
    slopes = _slopes(medians)
    print(json.dumps({"rounds": measured, "medians": medians, "slopes_us": slopes, "load": loads}))
    for n, rounds in measured.items():
        _print_table(n, rounds, medians=medians[n])
    _print_slopes(slopes)


def _measure(services: Services, folder: Path, *, asked: argparse.Namespace) -> dict[int, Rounds]:
    from evalsite.tenants.scope import tenant
    from tests.bench import bare_chord, rounds

    sizes = sorted(set(asked.cases))
    bare_chord.prepare(max(*sizes, WARM_UP))
    measured: dict[int, Rounds] = {n: [] for n in sizes}
    with tenant(found_tenant()):
        with workers(services) as worker:
            warm = write_files(folder, WARM_UP)
            rounds.import_files(warm, name="warm-up")
            rounds.score(worker, name="warm-up", batch=-2, n=WARM_UP)
            files = {n: write_files(folder, n) for n in sizes}
            # Sizes by turns: the machine is quicker in one minute than in the next.
            for place, n in enumerate(sizes * asked.rounds):
                imported = rounds.import_files(files[n], name=f"suite-{place}")
                if not asked.fresh:
                    rounds.know_tables()
                cut_first = place // len(sizes) % 2 == 1
                scored = rounds.score(
                    worker, name=f"suite-{place}", batch=2 * place, n=n, cut_first=cut_first
                )
                measured[n].append(imported | scored)
        # Apart from the worker above, which would help.
        for place, n in enumerate(sizes * asked.rounds):
            figures = rounds.run_command(env.ROOT, name=f"suite-{place}", n=n)
            measured[n][place // len(sizes)] |= figures
    return measured


def _medians(rounds: Rounds) -> dict[str, float]:
    return {name: median(one[name] for one in rounds) for name in UNITS}


def _slopes(medians: dict[int, dict[str, float]]) -> dict[str, float]:
    """Answer what one more case costs, in us: from the smallest suite to the largest."""
    least, most = min(medians), max(medians)
    if least == most:
        return {}
    return {
        name: (medians[most][name] - medians[least][name]) / (most - least) * 1e6 for name in SLOPES
    }


def _print_table(n: int, rounds: Rounds, *, medians: dict[str, float]) -> None:
    print(f"{f'{n:,} cases':<46}{'median':>9}   each of {len(rounds)}", file=sys.stderr)
    for name, what in UNITS.items():
        each = "  ".join(f"{one[name]:.2f}" for one in rounds)
        print(f"{what:<46}{medians[name]:>9.2f}   {each}", file=sys.stderr)


def _print_slopes(slopes: dict[str, float]) -> None:
    for name, us in slopes.items():
        told = f"{us:>9.1f} us a case more; ours {slopes['scored_s'] / us:.2f} of it"
        print(f"{SLOPES[name]:<46}{told}", file=sys.stderr)


if __name__ == "__main__":
    main()
