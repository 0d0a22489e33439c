"""What the statistics promise, tried over many rounds, with a table and one JSON line as answer."""

from __future__ import annotations

import argparse
import json
import math
import sys
import zlib
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from evalsite.stats.intervals import Interval

Random = np.random.Generator
# The spread of `skewed`: a Beta(1, 4).
SKEWED_SD = (4 / 150) ** 0.5


class Promise(NamedTuple):
    """What is promised, in words and as a share, and one round that says whether it happened."""

    name: str
    share: float
    happens: Callable[[Random], bool]
    kind: str = "at most"
    room: float = 0.0

    def seen(self, rounds: int) -> float:
        """Answer in what share of the rounds it happened."""
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        return sum(self.happens(random) for _ in range(rounds)) / rounds

    def kept(self, seen: float, *, rounds: int) -> bool:
        """Say whether what was seen is as promised, but for the room or three standard errors."""
        luck = 3 * math.sqrt(self.share * (1 - self.share) / rounds)
        room = max(self.room, luck)
        above, below = seen - self.share <= room, self.share - seen <= room
        return {"at most": above, "at least": below, "near": above and below}[self.kind]


def run(promises: Iterable[Promise], *, about: str | None) -> None:
    """Try those that are asked for on the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--only", default="", help="a word of the promise's name")
    arguments = parser.parse_args()
    figures = {}
    for promise in promises:
        if arguments.only in promise.name:
            seen = promise.seen(arguments.rounds)
            figures[promise.name] = round(seen, 4)
            wanted = f"{promise.kind} {promise.share:.3f}"
            verdict = "kept" if promise.kept(seen, rounds=arguments.rounds) else "NOT KEPT"
            print(
                f"{promise.name:52} {wanted:15} {seen:.4f}  {verdict}", file=sys.stderr, flush=True
            )
    print(json.dumps({"rounds": arguments.rounds, "seen": figures}))


def pass_or_fail(random: Random, n: int, *, changed: float, effect: float = 0.0) -> dict[str, int]:
    """A table of pairs: 70 % of those that did not change passed."""
    better, worse = (changed + effect) / 2, (changed - effect) / 2
    shares = [worse, better, 0.7 * (1 - changed), 0.3 * (1 - changed)]
    names = ("worse", "better", "both_passed", "both_failed")
    return dict(zip(names, map(int, random.multinomial(n, shares)), strict=True))


def skewed(random: Random, n: int, *, effect: float = 0.0) -> list[float]:
    """Differences with a long tail, their mean the effect, their standard deviation 0.163."""
    return [float(d) for d in random.beta(1, 4, n) - 0.2 + effect]


def alike(random: Random, n: int) -> tuple[list[float], list[float]]:
    """Two systems that are alike, case by case: some cases are hard for both."""
    ease = random.beta(2, 1, n)
    before, after = (random.beta(6 * ease + 0.1, 6 * (1 - ease) + 0.1) for _ in range(2))
    return before.tolist(), after.tolist()


def by_document(
    random: Random, g: int, *, size: int, even: bool = True
) -> tuple[list[float], list[int]]:
    """Differences whose documents share 57 % of the variance; the true mean is 0."""
    sizes = [size] * g if even else random.integers(1, 2 * size, g).tolist()
    keys = [key for key in range(g) for _ in range(sizes[key])]
    shared = random.normal(0, 0.57**0.5, g)[keys]
    return (shared + random.normal(0, 0.43**0.5, len(keys))).tolist(), keys


def holds(interval: Interval | None, truth: float) -> bool:
    """Say whether the interval holds the truth."""
    return interval is not None and interval.low <= truth <= interval.high
