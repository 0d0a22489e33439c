"""What a sandbox costs: an empty program in each tier beside the same bare interpreter.

`python tests/bench/sandbox_start.py [rounds]` prints a table, then one line of JSON. The ways take
turns in every round, so that a busy machine slows them alike: compare medians, quote no absolutes.
"""

from __future__ import annotations

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

sys.path.insert(0, str(Path(__file__).parents[2]))

from judges.sandbox.execute import execute
from judges.sandbox.launch import Program, interpreter
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import TierName
from judges.sandbox.tiers import tried
from judges.sandbox.unavailable import SandboxUnavailable

_SOURCE = "import unittest"
_PROGRAM = Program(source=_SOURCE, files={}, stdin=b"", limits=Limits())
_TIERS: tuple[TierName, ...] = ("T1", "T2")


def main(rounds: int) -> None:
    """Measure the ways that this machine has: one run at a time, then as many as cores."""
    ways: dict[str, Callable[[], object]] = {"plain": _plain}
    for name in _TIERS:
        try:
            tried(name)
        except SandboxUnavailable as error:
            print(error, file=sys.stderr)
        else:
            ways[name] = partial(execute, _PROGRAM, tier=name)
    alone: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for label, way in ways.items():
            alone[label].append(_milliseconds(way))
    cores = os.cpu_count() or 1
    rates = {label: _rate(way, rounds=rounds, at_once=cores) for label, way in ways.items()}
    _print(alone, rates=rates, cores=cores)


def _plain() -> None:
    words = [str(interpreter().executable), "-I", "-S", "-X", "utf8", "-c", _SOURCE]
    subprocess.run(words, capture_output=True, env={}, check=True)


def _milliseconds(way: Callable[[], object]) -> float:
    begun = time.perf_counter()
    way()
    return (time.perf_counter() - begun) * 1e3


def _rate(way: Callable[[], object], *, rounds: int, at_once: int) -> float:
    begun = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda _: way(), range(rounds * at_once)))
    return rounds * at_once / (time.perf_counter() - begun)


def _print(alone: dict[str, list[float]], *, rates: dict[str, float], cores: int) -> None:
    plain = median(alone["plain"])
    print(f"{'way':8}{'min ms':>10}{'median ms':>12}{'over plain':>12}{f'runs/s on {cores}':>14}")
    for name, took in alone.items():
        over = median(took) - plain
        print(f"{name:8}{min(took):10.1f}{median(took):12.1f}{over:12.1f}{rates[name]:14.1f}")
    over_plain = {n: round(median(took) - plain, 1) for n, took in alone.items() if n != "plain"}
    told = {"plain_ms": round(plain, 1), "over_ms": over_plain, "cores": cores}
    print(json.dumps(told | {"runs_per_s": {name: round(rate, 1) for name, rate in rates.items()}}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
