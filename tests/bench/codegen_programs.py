"""500 programs judged by codegen's judge: apart from their tests, beside them, and as texts."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
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


def measure(n: int, *, run: Callable[[int], None], threads: int) -> dict[str, float]:
    """Run 0..n-1 on so many threads: seconds in all, a second, and the median of one."""

    def timed(number: int) -> float:
        started = time.perf_counter()
        run(number)
        return (time.perf_counter() - started) * 1000

    run(0)
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        each = list(pool.map(timed, range(n)))
    elapsed = time.perf_counter() - started
    return {"seconds": elapsed, "per_second": n / elapsed, "median_ms": median(each)}


def main() -> None:
    """Measure, and print one JSON line on stdout and a table on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=500)
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    before = os.getloadavg()[0]
    rows = {
        f"{kind}, {threads} at a time": measure(
            asked.programs, run=partial(judge, kind), threads=threads
        )
        for kind in (PLAIN, *KINDS)
        for threads in sorted({1, cores})
    }
    report = {"programs": asked.programs, "sandbox": describe(), "rows": rows}
    print(json.dumps({**report, "load": [before, os.getloadavg()[0]]}))
    print(f"{'':42} {'seconds':>8} {'a second':>9} {'median ms':>10}", file=sys.stderr)
    for name, row in rows.items():
        figures = f"{row['seconds']:8.1f} {row['per_second']:9.1f} {row['median_ms']:10.1f}"
        print(f"{name:42} {figures}", file=sys.stderr)


if __name__ == "__main__":
    main()
