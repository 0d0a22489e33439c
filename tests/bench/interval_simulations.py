"""Does each 95 % interval hold the truth in 95 % of the rounds, for 30, 100 and 1,000 cases?

`python tests/bench/interval_simulations.py [--rounds 2000] [--only WORD]` prints a table to stderr
and one JSON line to stdout. Seeds are fixed: the same rounds give the same figures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import fmean, stdev

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.stats.bootstrap import bca, cluster_bca
from evalsite.stats.clusters import clustered_t
from evalsite.stats.estimates import RateEstimate, estimate
from evalsite.stats.intervals import Interval, bounded_mean, clopper_pearson, mean_t, wilson
from evalsite.stats.paired import compare_pass, compare_scores
from evalsite.stats.unpaired import mean_difference
from tests.bench.promises import Promise, Random, by_document, holds, pass_or_fail, run, skewed

# Draws of a bootstrap in a round: fewer than in earnest, as the rounds even them out.
DRAWS = 999
Held = Callable[[Random], bool]


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


def scores_held(random: Random, *, n: int) -> bool:
    """Scores of a rubric, few or many of them near 1."""
    truth = random.uniform(0.2, 0.95)
    values = random.beta(4 * truth, 4 * (1 - truth), n).tolist()
    return holds(bounded_mean(fmean(values), sd=stdev(values), n=n), truth)


def repeated_held(random: Random, *, n: int) -> bool:
    """A pass rate where each case is tried three times."""
    truth = random.uniform(0.5, 0.95)
    shares = random.binomial(3, random.beta(4 * truth, 4 * (1 - truth), n)) / 3
    return holds(bounded_mean(float(shares.mean()), sd=float(shares.std(ddof=1)), n=n), truth)


def unpaired_held(random: Random, *, n: int) -> bool:
    """Two separate sides, one of them larger and with another spread."""
    before, after = skewed(random, n), random.normal(0.1, 0.3, 2 * n).tolist()
    return holds(mean_difference(before, after), 0.1)


def _tango(table: dict[str, int]) -> Interval:
    return RateEstimate(table["better"], table["worse"], sum(table.values())).interval()


def _compared_pass(table: dict[str, int]) -> Interval:
    return compare_pass(**table).interval or Interval(2, 2)


def _straight(values: list[float], keys: list[int] | None = None) -> Interval | None:
    """The interval of an estimate, its skew taken out."""
    found = estimate([0.0] * len(values), values, clusters=keys)
    return None if found is None else found.interval()


def _compared(values: list[float], keys: list[int] | None = None) -> Interval | None:
    return compare_scores([0.0] * len(values), values, clusters=keys).interval


def _by_cases(n: int) -> Iterator[tuple[str, Held]]:
    of_pairs, of_mean = partial(partial, pairs_held, n=n), partial(partial, mean_held, n=n)
    yield f"Wilson, n {n}", partial(rate_held, n=n, by=wilson)
    yield f"Tango, n {n}", of_pairs(by=_tango)
    yield f"compare_pass, n {n}", of_pairs(by=_compared_pass)
    yield f"t, long tail, n {n}", of_mean(by=mean_t)
    yield f"t without skew, long tail, n {n}", of_mean(by=_straight)
    yield f"BCa, long tail, n {n}", of_mean(by=partial(bca, resamples=DRAWS))
    yield f"scores of a rubric, n {n}", partial(scores_held, n=n)
    yield f"pass rate of three tries, n {n}", partial(repeated_held, n=n)
    yield f"unpaired, n {n}", partial(unpaired_held, n=n)


def _by_clusters(n: int) -> Iterator[tuple[str, Held]]:
    for name, by in (
        ("clustered t", clustered_t),
        ("clustered t without skew", _straight),
        ("cluster BCa", partial(cluster_bca, resamples=DRAWS)),
    ):
        yield f"{name}, {n} clusters", partial(documents_held, n=n, by=by)


def promises() -> Iterator[Promise]:
    """95 % intervals hold the truth in 95 % of the rounds; Clopper-Pearson at least."""
    for n in (30, 100, 1_000):
        exact = partial(rate_held, n=n, by=clopper_pearson)
        yield Promise(f"coverage: Clopper-Pearson, n {n}", 0.95, exact, "at least")
        for name, happens in (*_by_cases(n), *_by_clusters(n)):
            yield Promise(f"coverage: {name}", 0.95, happens, "near", room=0.02)


if __name__ == "__main__":
    run(promises(), about=__doc__)
