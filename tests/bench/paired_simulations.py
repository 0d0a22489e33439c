"""Promises of the statistics, kept or not: false findings, coverage, power, over many rounds.

`python tests/bench/paired_simulations.py [--rounds 2000] [--only WORD]` prints a table to stderr
and one JSON line to stdout. Seeds are fixed: the same rounds give the same figures.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.stats.bootstrap import bca, cluster_bca
from evalsite.stats.clusters import clustered_t
from evalsite.stats.decisions import Decision, Outcome, equivalence, non_inferiority, superiority
from evalsite.stats.estimates import Estimate, RateEstimate, estimate
from evalsite.stats.intervals import Interval, clopper_pearson, mean_t, wilson
from evalsite.stats.paired import PairedResult, compare_pass, compare_scores
from evalsite.stats.paired_rates import newcombe, tango
from evalsite.stats.power import power_of_mean, power_of_rates

Random = np.random.Generator
ALPHA = 0.05
# Draws of a bootstrap in a round: fewer than in earnest, as the rounds even them out.
DRAWS = 999
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


def found(result: PairedResult) -> bool:
    return result.p_value is not None and result.p_value < ALPHA


def holds(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def found_in_rates(random: Random, *, n: int, effect: float = 0.0) -> bool:
    return found(compare_pass(**pass_or_fail(random, n, changed=0.2, effect=effect)))


def found_in_alike(random: Random, *, n: int) -> bool:
    return found(compare_scores(*alike(random, n)))


def found_in_skewed(random: Random, *, n: int, effect: float) -> bool:
    return found(compare_scores([0.0] * n, skewed(random, n, effect=effect)))


def found_in_even(random: Random, *, n: int, effect: float) -> bool:
    return found(compare_scores([0.0] * n, random.normal(effect, SKEWED_SD, n).tolist()))


def found_in_documents(random: Random, *, g: int, even: bool) -> bool:
    values, keys = by_document(random, g, size=10, even=even)
    return found(compare_scores([0.0] * len(values), values, clusters=keys))


def found_by_naive_bootstrap(random: Random) -> bool:
    """A bootstrap that knows of no clusters."""
    values, _ = by_document(random, 50, size=10)
    return not holds(bca(values, resamples=399), 0.0)


def false_findings() -> Iterator[Promise]:
    """Alike systems are called different at most in alpha of the rounds."""
    for n in (30, 100, 1_000):
        yield Promise(f"false: pass or fail, n {n}", ALPHA, partial(found_in_rates, n=n))
        yield Promise(f"false: graded, n {n}", ALPHA, partial(found_in_alike, n=n))
    for g, even in ((50, True), (10, True), (10, False), (6, False)):
        name = f"false: {g} clusters of {'10' if even else '1 to 19'}"
        yield Promise(name, ALPHA, partial(found_in_documents, g=g, even=even))
    name = "false by naive bootstrap: 50 clusters of 10"
    yield Promise(name, 0.43, found_by_naive_bootstrap, "near", room=0.05)


def rate_held(random: Random, *, n: int, by: Callable[[int, int], Interval]) -> bool:
    truth = random.uniform(0.05, 0.95)
    return holds(by(int(random.binomial(n, truth)), n), truth)


def pairs_held(random: Random, *, n: int, by: Callable[[dict[str, int]], Interval]) -> bool:
    effect = random.uniform(-0.2, 0.2)
    return holds(by(pass_or_fail(random, n, changed=0.3, effect=effect)), effect)


def mean_held(random: Random, *, n: int, by: Callable[[list[float]], Interval | None]) -> bool:
    return holds(by(skewed(random, n)), 0.0)


def documents_held(
    random: Random, *, n: int, by: Callable[[list[float], list[int]], Interval | None]
) -> bool:
    return holds(by(*by_document(random, n, size=3, even=False)), 0.0)


def coverage() -> Iterator[Promise]:
    """95 % intervals hold the truth in 95 % of the rounds; Clopper-Pearson at least."""
    near = partial(Promise, share=0.95, kind="near", room=0.02)
    for n in (30, 100, 1_000):
        exact = partial(rate_held, n=n, by=clopper_pearson)
        yield Promise(f"coverage: Clopper-Pearson, n {n}", 0.95, exact, "at least")
        for name, happens in (
            (f"Wilson, n {n}", partial(rate_held, n=n, by=wilson)),
            (f"Newcombe, n {n}", partial(pairs_held, n=n, by=_newcombe)),
            (f"Tango, n {n}", partial(pairs_held, n=n, by=_tango)),
            (f"t, n {n}", partial(mean_held, n=n, by=mean_t)),
            (f"BCa, n {n}", partial(mean_held, n=n, by=partial(bca, resamples=DRAWS))),
            (f"clustered t, {n} clusters", partial(documents_held, n=n, by=clustered_t)),
            (
                f"cluster BCa, {n} clusters",
                partial(documents_held, n=n, by=partial(cluster_bca, resamples=DRAWS)),
            ),
        ):
            yield near(f"coverage: {name}", happens=happens)


def power() -> Iterator[Promise]:
    """A difference is found as often as the forecast says."""
    for n, effect in ((30, 0.09), (100, 0.045), (1_000, 0.0145)):
        share = power_of_mean(effect, sd=SKEWED_SD, n=n)
        even, tailed = (partial(f, n=n, effect=effect) for f in (found_in_even, found_in_skewed))
        yield Promise(f"power: graded, n {n}", share, even, "near", room=0.03)
        # With few cases a long tail makes a difference towards it easier to find than foreseen.
        kind = "at least" if n < 100 else "near"
        yield Promise(f"power: long tail, n {n}", share, tailed, kind, room=0.03)
    for n, effect in ((100, 0.12), (300, 0.07), (1_000, 0.04)):
        share = power_of_rates(effect, changed=0.2, n=n)
        happens = partial(found_in_rates, n=n, effect=effect)
        yield Promise(f"power: pass or fail, n {n}", share, happens, "near", room=0.03)


def rates_shown(
    random: Random, *, n: int, effect: float, claim: Callable[[Estimate], Decision]
) -> bool:
    table = pass_or_fail(random, n, changed=0.2, effect=effect)
    return claim(RateEstimate(table["better"], table["worse"], n)).outcome is Outcome.SHOWN


def skewed_shown(
    random: Random, *, n: int, effect: float, claim: Callable[[Estimate | None], Decision]
) -> bool:
    seen = estimate([0.0] * n, skewed(random, n, effect=effect))
    return claim(seen).outcome is Outcome.SHOWN


def margins() -> Iterator[Promise]:
    """A system just at the margin is let through at most in alpha of the rounds."""
    no_worse, alike_within = partial(non_inferiority, margin=0.1), partial(equivalence, margin=0.06)
    for n in (30, 100, 1_000):
        for name, happens in (
            ("superiority, pass or fail", partial(rates_shown, effect=0.0, claim=superiority)),
            ("non-inferiority, pass or fail", partial(rates_shown, effect=-0.1, claim=no_worse)),
            ("equivalence, graded", partial(skewed_shown, effect=0.06, claim=alike_within)),
        ):
            yield Promise(f"margin: {name}, n {n}", 0.025, partial(happens, n=n))


def _newcombe(table: dict[str, int]) -> Interval:
    both = {name: table[name] for name in ("both_passed", "both_failed")}
    return newcombe(table["better"], table["worse"], **both)


def _tango(table: dict[str, int]) -> Interval:
    return tango(table["better"], table["worse"], n=sum(table.values()))


def promises() -> Iterator[Promise]:
    """All that is promised."""
    for group in (false_findings, coverage, power, margins):
        yield from group()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--only", default="", help="a word of the promise's name")
    arguments = parser.parse_args()
    figures = {}
    for promise in promises():
        if arguments.only in promise.name:
            seen = promise.seen(arguments.rounds)
            figures[promise.name] = round(seen, 4)
            wanted = f"{promise.kind} {promise.share:.3f}"
            verdict = "kept" if promise.kept(seen, rounds=arguments.rounds) else "NOT KEPT"
            print(f"{promise.name:48} {wanted:15} {seen:.4f}  {verdict}", file=sys.stderr)
    print(json.dumps({"rounds": arguments.rounds, "seen": figures}))


if __name__ == "__main__":
    main()
