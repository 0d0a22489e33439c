"""A crowded leaderboard: its pages, its ranking, and what closing a batch pays for it.

`python tests/bench/leaderboard.py [--runs 10000] [--cases 1000] [--scored 10000]` prints one JSON
line on stdout. Runs beyond `--scored` have no scorecards, which only ranking reads.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from psycopg import connect
from psycopg.conninfo import make_conninfo

from tests.bench.stand import found_tenant, stand
from tests.services import DATABASE, Services

ROUNDS = 30


def main() -> None:
    """Fill the tables and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--scored", type=int, default=10_000)
    asked = parser.parse_args()
    load = [os.getloadavg()[0]]
    with stand() as services:
        report = _measure(services, asked)
    load.append(os.getloadavg()[0])
    print(json.dumps({**vars(asked), **report, "load": load}))


def _measure(services: Services, asked: argparse.Namespace) -> dict[str, Any]:
    from evalsite.leaderboard.models import Board
    from evalsite.leaderboard.rank import rank
    from evalsite.leaderboard.stand import stand as put
    from evalsite.tenants.scope import tenant
    from tests.bench.board_rows import crowd, fill

    admin = make_conninfo(services.admin, dbname=DATABASE)
    with tenant(found_tenant()):
        scored = min(asked.scored, asked.runs)
        batch = fill(admin, runs=asked.runs, cases=asked.cases, scored=scored)
        put(batch)
        crowd(admin, runs=asked.runs)
        board = Board.objects.get()
        report = _pages(board, name="before ranking")
        began, cpu = time.perf_counter(), time.process_time()
        rank(board.pk)
        report["rank s"] = time.perf_counter() - began
        report["rank, own cpu s"] = time.process_time() - cpu
        report |= _pages(board, name="ranked")
        report |= {f"stand, {what}": value for what, value in _timed(lambda: put(batch)).items()}
    return {**report, **_sizes(admin)}


def _pages(board: Any, *, name: str) -> dict[str, float]:
    from evalsite.leaderboard.queries import Wanted, Way, page

    way, found = Way(), page(board, Way())
    for _ in range(19):
        found = page(board, way, after=found.next)
    pages: dict[str, Callable[[], object]] = {
        "first": lambda: page(board, way),
        "twentieth": lambda: page(board, way, after=found.next),
        "of a target": lambda: page(board, way, wanted=Wanted(target="crowd-7")),
    }
    return {
        f"{which} page, {name}, {what}": value
        for which, work in pages.items()
        for what, value in _timed(work).items()
    }


def _timed(work: Callable[[], object]) -> dict[str, float]:
    """Milliseconds, warm: the median, the fastest, and this process's own processor time."""
    work()
    times, cpu = [], time.process_time()
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    own = (time.process_time() - cpu) / ROUNDS
    return {"ms": 1000 * median(times), "fastest ms": 1000 * min(times), "own cpu ms": 1000 * own}


def _sizes(admin: str) -> dict[str, int]:
    tables = ("scoring_scorecard", "leaderboard_standing")
    with connect(admin) as connection:
        return {
            f"{table}_{what}": value
            for table in tables
            for what, value in zip(
                ("rows", "mib"),
                connection.execute(
                    "SELECT reltuples::bigint, pg_total_relation_size(oid) / 1048576"
                    " FROM pg_class WHERE oid = %s::regclass",
                    [table],
                ).fetchone()
                or (),
                strict=True,
            )
        }


if __name__ == "__main__":
    main()
