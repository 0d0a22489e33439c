"""Shift alarms over whole tenants: how often a quiet one is told of a shift, how soon a real one.

`python tests/bench/change_point_simulations.py [--rounds 200] [--only WORD]` prints a table to
stderr and one JSON line to stdout. A round is one tenant, whose series are looked at after each
version as `evalsite/trends/detect.py` does. Seeds are fixed: the same rounds give the same figures.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.stats.change_evidence import change_evidence
from evalsite.stats.locate_shift import locate_shift
from evalsite.trends.alarm import HORIZON, RATE, corrected

Random = np.random.Generator
Rows = NDArray[np.float64]
# Series of one metric rank equal values by the same lots.
METRICS = 6
Draw = Callable[[Random, tuple[int, int]], Rows]


class Alarm(NamedTuple):
    """Series `row` was found, after its version `looked`, to have shifted at version `at`."""

    row: int
    looked: int
    at: int


def watch(rows: Rows) -> list[Alarm]:
    """Look at all series of a tenant after each version; answer the alarms as they come."""
    since = [0] * len(rows)
    evidence = np.array(
        [change_evidence(row.tolist(), seed=i % METRICS) for i, row in enumerate(rows)]
    )
    found = []
    for looked in range(7, rows.shape[1]):
        now = evidence[:, looked]
        if now.max() * RATE < HORIZON:
            continue  # no correction would make an alarm of it
        p_values = corrected(now.tolist())
        for i in [i for i, p in enumerate(p_values) if p <= RATE]:
            place = locate_shift(rows[i, since[i] : looked + 1].tolist())
            if place is not None:
                since[i] += place
                found.append(Alarm(i, looked, since[i]))
                fresh = change_evidence(rows[i, since[i] :].tolist(), seed=i % METRICS)
                evidence[i, looked + 1 :] = fresh[looked + 1 - since[i] :]
    return found


def normal(random: Random, shape: tuple[int, int]) -> Rows:
    return random.normal(size=shape)


def skewed(random: Random, shape: tuple[int, int]) -> Rows:
    """Latencies, say: a long tail, and now and then a wild one."""
    return random.lognormal(sigma=1.5, size=shape)


def rates(random: Random, shape: tuple[int, int]) -> Rows:
    """Pass rates of 50 cases: many versions tie."""
    return random.binomial(50, 0.9, size=shape) / 50


def alike(random: Random, shape: tuple[int, int]) -> Rows:
    """Five metrics at a time that nearly move as one."""
    shared = np.repeat(random.normal(size=(math.ceil(shape[0] / 5), shape[1])), 5, axis=0)
    return shared[: shape[0]] + random.normal(scale=0.3, size=shape)


class Promise(NamedTuple):
    """What is promised of a tenant, as a share of the rounds, and one round of it."""

    name: str
    kind: str
    share: float
    happens: Callable[[Random], float]

    def seen(self, rounds: int) -> float:
        """Answer what was seen on average."""
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        return float(np.mean([self.happens(random) for _ in range(rounds)]))

    def kept(self, seen: float, *, rounds: int) -> bool:
        """Say whether it is as promised, but for three standard errors."""
        luck = 3 * math.sqrt(self.share * (1 - self.share) / rounds)
        return seen <= self.share + luck if self.kind == "at most" else seen >= self.share - luck


def quiet(draw: Draw, *, n_series: int, n_versions: int = HORIZON) -> Callable[[Random], float]:
    """A tenant without shifts: is it told of one?"""

    def happens(random: Random) -> float:
        return float(bool(watch(draw(random, (n_series, n_versions)))))

    return happens


def false_share(*, n_series: int, n_shifted: int, size: float) -> Callable[[Random], float]:
    """A tenant some of whose series shift at any time: which share of its alarms is false?"""

    def happens(random: Random) -> float:
        rows = normal(random, (n_series, HORIZON))
        places = random.integers(20, 80, size=n_shifted)
        for row, place in zip(rows, places, strict=False):
            row[place:] += size
        alarms = watch(rows)
        false = [a for a in alarms if a.row >= n_shifted or a.looked < places[a.row]]
        seen = [a.row for a in alarms if a not in false]
        # The second alarm about one shift is false too.
        return (len(false) + len(seen) - len(set(seen))) / max(1, len(alarms))

    return happens


def found(*, n_series: int, size: float, within: int, apart: int) -> Callable[[Random], float]:
    """One series shifts at version 50: is it told within so many, at most so far from its place?"""

    def happens(random: Random) -> float:
        rows = normal(random, (n_series, HORIZON))
        rows[0, 50:] += size
        mine = [a for a in watch(rows) if a.row == 0]
        told = [a for a in mine if 50 <= a.looked < 50 + within and abs(a.at - 50) <= apart]
        return float(bool(told))

    return happens


def promises() -> Iterator[Promise]:
    """All that is promised."""
    for draw in (normal, skewed, rates, alike):
        yield Promise(f"quiet, 1000 {draw.__name__}", "at most", RATE, quiet(draw, n_series=1_000))
        yield Promise(f"quiet, 10 {draw.__name__}", "at most", RATE, quiet(draw, n_series=10))
    for size in (2.0, 4.0):
        mixed = false_share(n_series=200, n_shifted=40, size=size)
        yield Promise(f"false among alarms, shifts of {size:g}", "at most", RATE, mixed)
    for n_series, size, within, apart in (
        *((10, 2, 25, 5), (10, 3, 11, 2)),
        *((1_000, 3, 17, 2), (1_000, 5, 12, 2)),
    ):
        one = found(n_series=n_series, size=size, within=within, apart=apart)
        yield Promise(f"found, 1 of {n_series}, {size} sd, {within} versions", "at least", 0.9, one)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--only", default="", help="a word of the promise's name")
    arguments = parser.parse_args()
    figures = {}
    for promise in promises():
        if arguments.only in promise.name:
            seen = promise.seen(arguments.rounds)
            figures[promise.name] = round(seen, 4)
            verdict = "kept" if promise.kept(seen, rounds=arguments.rounds) else "NOT KEPT"
            wanted = f"{promise.kind} {promise.share:.2f}"
            print(f"{promise.name:44} {wanted:14} {seen:.4f}  {verdict}", file=sys.stderr)
    print(json.dumps({"rounds": arguments.rounds, "seen": figures}))


if __name__ == "__main__":
    main()
