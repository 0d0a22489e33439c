"""What import and export cost a row, beside the least that the same work could cost.

`python tests/bench/import_export.py` brings cases and outputs in, brings the unchanged cases in
again, and writes them out. The limit reads, validates and copies the same rows into a bare table.
Processor time is that of this process and of PostgreSQL together.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.memory import watched
from tests.bench.questions import write_files
from tests.bench.stand import found_tenant, stand
from tests.services import Services

WANTED_ROWS_S = 15_000
# What import may take more of memory for a hundred times the rows.
WANTED_GROWTH_MIB = 30
_WARM = 1_000
_BARE = """
    DROP TABLE IF EXISTS bare_case;
    CREATE TEMPORARY TABLE bare_case (key text, input jsonb, expected jsonb, tags text[])
"""


class Cost(NamedTuple):
    """Wall and processor seconds of one act; `own` is this process's part of the latter."""

    wall: float
    cpu: float
    own: float


def main() -> None:
    """Measure, print one JSON line and a table, and end with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evalsite-bench-") as folder, stand() as services:
        rounds, growth = _measure(services, Path(folder), asked=asked)
    limit = median(costs["limit"].cpu for costs in rounds)
    report = {
        name: {
            "rows_s": asked.cases / median(costs[name].wall for costs in rounds),
            "cpu_us": median(costs[name].cpu for costs in rounds) / asked.cases * 1e6,
            "own_us": median(costs[name].own for costs in rounds) / asked.cases * 1e6,
            "ratio": median(costs[name].cpu for costs in rounds) / limit,
        }
        for name in rounds[0]
    }
    told = {"cases": asked.cases, "rounds": asked.rounds, "growth_mib": growth}
    print(json.dumps({**told, "load": os.getloadavg()[0], "medians": report}))
    _print_table(report, n=asked.cases, growth=growth)
    if report["cases"]["rows_s"] < WANTED_ROWS_S or growth > WANTED_GROWTH_MIB:
        sys.exit(1)


def _measure(
    services: Services, folder: Path, *, asked: argparse.Namespace
) -> tuple[list[dict[str, Cost]], float]:
    from evalsite.tenants.scope import tenant

    server = _postmaster(services)
    with tenant(found_tenant()):
        _round(server, write_files(folder, _WARM), name="warm-up")
        files = write_files(folder, asked.cases)
        settled = psutil.Process().memory_info().rss / 2**20
        with watched(os.getpid()) as peak:
            rounds = [
                _round(server, files, name=f"round-{number}") for number in range(asked.rounds)
            ]
    return rounds, peak.parent - settled


def _round(server: psutil.Process, files: tuple[Path, Path], *, name: str) -> dict[str, Cost]:
    """Do everything once, with a suite of that name."""
    from django.core.management import call_command

    def bring(command: str, file: Path, **options: str) -> Callable[[], object]:
        return lambda: call_command(
            command, str(file), suite=name, tenant="bench", stderr=StringIO(), **options
        )

    cases, outputs = files
    acts = {
        "cases": bring("importcases", cases, pack="exact"),
        "unchanged": bring("importcases", cases),
        "outputs": bring("importoutputs", outputs, run=name),
        "export": lambda: _export(name, cases.with_name("exported")),
        "limit": lambda: _import_bare(cases),
    }
    return {what: _cost(act, server=server) for what, act in acts.items()}


def _export(name: str, file: Path) -> None:
    from evalsite.cases.queries import find_suite
    from evalsite.exchange.write_cases import case_lines

    with file.open("w") as out:
        out.writelines(f"{line}\n" for line in case_lines(find_suite(name)))


def _import_bare(file: Path) -> None:
    """Read, validate and copy: what no import can do without."""
    import orjson
    from django.db import connection, transaction

    from packs.registry import PACKS

    pack = PACKS.load("exact").value
    with transaction.atomic(), connection.cursor() as cursor, file.open("rb") as lines:
        cursor.execute(_BARE)
        with cursor.copy("COPY bare_case FROM STDIN") as copy:
            for line in lines:
                case = orjson.loads(line)
                sides = (
                    pack.Input.model_validate(case["input"]).model_dump_json(),
                    pack.Expected.model_validate(case["expected"]).model_dump_json(),
                )
                copy.write_row((case["key"], *sides, case["tags"]))


def _cost(act: Callable[[], object], *, server: psutil.Process) -> Cost:
    theirs, own, began = _spent(server), time.process_time(), time.perf_counter()
    act()
    wall, mine = time.perf_counter() - began, time.process_time() - own
    return Cost(wall, mine + _spent(server) - theirs, mine)


def _spent(server: psutil.Process) -> float:
    """Answer the processor time of PostgreSQL: its processes, and those that have ended."""
    spent = sum(server.cpu_times()[:4])
    for process in server.children():
        try:
            spent += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            # Its time is among its parent's from now on.
            continue
    return float(spent)


def _postmaster(services: Services) -> psutil.Process:
    written = (services.layout.cluster / "postmaster.pid").read_text()
    return psutil.Process(int(written.splitlines()[0]))


def _print_table(report: dict[str, dict[str, float]], *, n: int, growth: float) -> None:
    head = f"{f'{n:,} rows':<12}{'rows/s':>10}{'cpu us':>9}{'own us':>9}{'limits':>9}"
    print(head, file=sys.stderr)
    for name, one in report.items():
        figures = (one["cpu_us"], one["own_us"], one["ratio"])
        told = "".join(f"{figure:>9.1f}" for figure in figures)
        print(f"{name:<12}{one['rows_s']:>10,.0f}{told}", file=sys.stderr)
    print(f"memory: {growth:+.0f} MiB", file=sys.stderr)


if __name__ == "__main__":
    main()
