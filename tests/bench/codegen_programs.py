"""500 programs judged by codegen's judge: apart from their tests, beside them, and as texts.

The kinds take turns, some programs each, so that a busy machine slows them alike: compare what is
over plain Python.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from judges.code.tests import python_tests
from judges.sandbox.tiers import describe

PROGRAM = """
def cut(text, length={n}):
    return [text[i : i + length] for i in range(0, len(text), length)]
"""
TEXT = "abcdefghij"
LOOP = "def check(c):\n    for n in (1, 2, 5):\n        assert len(c('abcdefghij', n)) == 10 / n"
KINDS: dict[str, dict[str, Any]] = {
    "cases": {"cases": [{"args": [TEXT, 4], "returns": ["abcd", "efgh", "ij"]}]},
    "tests, lifted": {"tests": f"def check(c):\n    assert c({TEXT!r}, 5) == ['abcde', 'fghij']"},
    "tests, in one process": {"tests": LOOP},
    "io": {"io": [{"stdin": TEXT, "stdout": "['abcdefghij']"}]},
}
PLAIN = "plain Python, no sandbox"
# How many programs of a kind are judged before it is the next kind's turn.
TURN = 20


def judge(kind: str, number: int) -> None:
    """Judge one program, each another text; or only run it, for comparison."""
    program = PROGRAM.format(n=number + 10)
    if kind in ("io", PLAIN):
        program += "print(cut(input()))\n"
    if kind == PLAIN:
        command = [sys.executable, "-I", "-S", "-c", program]
        subprocess.run(command, input=TEXT, text=True, check=True, capture_output=True)
        return
    score = python_tests(KINDS[kind], program, entry_point="cut")
    if not score.passed:
        raise SystemExit(f"{kind}: {score.reason}")


@dataclass
class Way:
    """One kind, so many at a time: how long each program took, and all of them together."""

    kind: str
    threads: int
    seconds: float = 0.0
    each_ms: list[float] = field(default_factory=list)

    def run(self, numbers: Iterable[int]) -> None:
        """Judge these programs, and keep how long it took."""
        started = time.perf_counter()
        with ThreadPoolExecutor(self.threads) as pool:
            self.each_ms += pool.map(self._timed, numbers)
        self.seconds += time.perf_counter() - started

    def _timed(self, number: int) -> float:
        started = time.perf_counter()
        judge(self.kind, number)
        return (time.perf_counter() - started) * 1000

    def row(self, plain_ms: float) -> dict[str, float]:
        """Give the figures; `plain_ms` is the median of plain Python, as many at a time."""
        told = {"seconds": self.seconds, "per_second": len(self.each_ms) / self.seconds}
        middle = median(self.each_ms)
        return {**told, "median_ms": middle, "over_plain_ms": middle - plain_ms}


def measured(programs: int, *, cores: int) -> dict[str, dict[str, float]]:
    """Judge so many programs of each kind, one at a time and as many as cores, by turns."""
    ways = [Way(kind, threads) for threads in sorted({1, cores}) for kind in (PLAIN, *KINDS)]
    for kind in KINDS:
        judge(kind, 0)
    for first in range(0, programs, TURN):
        for way in ways:
            way.run(range(first, min(first + TURN, programs)))
    plain = {way.threads: median(way.each_ms) for way in ways if way.kind == PLAIN}
    return {f"{way.kind}, {way.threads} at a time": way.row(plain[way.threads]) for way in ways}


def main() -> None:
    """Measure, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=500)
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    before = os.getloadavg()[0]
    rows = measured(asked.programs, cores=cores)
    report = {"programs": asked.programs, "sandbox": describe(), "rows": rows}
    print(json.dumps({**report, "load": [before, os.getloadavg()[0]]}))
    print(f"{'':40} {'seconds':>8} {'a second':>9} {'median ms':>10} {'over':>6}", file=sys.stderr)
    for name, row in rows.items():
        figures = f"{row['seconds']:8.1f} {row['per_second']:9.1f} {row['median_ms']:10.1f}"
        print(f"{name:40} {figures} {row['over_plain_ms']:6.1f}", file=sys.stderr)


if __name__ == "__main__":
    main()
