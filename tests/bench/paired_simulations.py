"""False findings, power and margins of paired comparisons: as rare and as likely as foreseen?

`python tests/bench/paired_simulations.py [--rounds 2000] [--only WORD]` prints a table to stderr
and one JSON line to stdout. Seeds are fixed: the same rounds give the same figures.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from evalsite.stats.bootstrap import bca
from evalsite.stats.decisions import Decision, Outcome, equivalence, non_inferiority, superiority
from evalsite.stats.estimates import Estimate, RateEstimate, estimate
from evalsite.stats.paired import PairedResult, compare_pass, compare_scores
from evalsite.stats.power import power_of_mean, power_of_rates
from tests.bench.promises import (
    SKEWED_SD,
    Promise,
    Random,
    alike,
    by_document,
    holds,
    pass_or_fail,
    run,
    skewed,
)

ALPHA = 0.05


def found(result: PairedResult) -> bool:
    return result.p_value is not None and result.p_value < ALPHA


def found_in_rates(random: Random, *, n: int, effect: float = 0.0) -> bool:
    return found(compare_pass(**pass_or_fail(random, n, changed=0.2, effect=effect)))


def found_in_alike(random: Random, *, n: int) -> bool:
    return found(compare_scores(*alike(random, n)))


def found_in_skewed(random: Random, *, n: int, effect: float) -> bool:
    """The forecast knows no direction: as often towards the tail as away from it."""
    towards = effect if random.random() < 0.5 else -effect
    return found(compare_scores([0.0] * n, skewed(random, n, effect=towards)))


def found_in_even(random: Random, *, n: int, effect: float) -> bool:
    return found(compare_scores([0.0] * n, random.normal(effect, SKEWED_SD, n).tolist()))


def found_in_documents(random: Random, *, g: int, even: bool) -> bool:
    values, keys = by_document(random, g, size=10, even=even)
    return found(compare_scores([0.0] * len(values), values, clusters=keys))


def found_in_passed_documents(random: Random, *, g: int) -> bool:
    """Pass or fail of ten questions on each document, where documents are hard or easy."""
    ease = random.beta(2, 2, (2, g)).repeat(10, axis=1)
    before, after = (random.random(ease.shape) < ease).astype(float).tolist()
    keys = [i // 10 for i in range(10 * g)]
    return found(compare_scores(before, after, clusters=keys))


def found_worse(random: Random, *, n: int) -> bool:
    """What sends an e-mail: alike systems called "regressed"."""
    result = compare_pass(**pass_or_fail(random, n, changed=0.2))
    return found(result) and (result.effect or 0) < 0


def found_by_naive_bootstrap(random: Random) -> bool:
    """A bootstrap that knows of no clusters."""
    values, _ = by_document(random, 50, size=10)
    return not holds(bca(values, resamples=399), 0.0)


def false_findings() -> Iterator[Promise]:
    """Alike systems are called different at most in alpha of the rounds."""
    for n in (30, 100, 1_000):
        yield Promise(f"false: pass or fail, n {n}", ALPHA, partial(found_in_rates, n=n))
        yield Promise(f"false: graded, n {n}", ALPHA, partial(found_in_alike, n=n))
        yield Promise(f"false regressed: n {n}", ALPHA / 2, partial(found_worse, n=n))
    for g, even in ((400, False), (50, True), (10, True), (10, False), (6, False)):
        name = f"false: {g} clusters of {'10' if even else '1 to 19'}"
        yield Promise(name, ALPHA, partial(found_in_documents, g=g, even=even))
    for g in (50, 10):
        happens = partial(found_in_passed_documents, g=g)
        yield Promise(f"false: pass or fail, {g} clusters of 10", ALPHA, happens)
    name = "false by naive bootstrap: 50 clusters of 10"
    yield Promise(name, 0.4, found_by_naive_bootstrap, "at least")


def power() -> Iterator[Promise]:
    """A difference is found as often as the forecast says."""
    for n, effect in ((30, 0.09), (100, 0.045), (1_000, 0.0145)):
        share = power_of_mean(effect, sd=SKEWED_SD, n=n)
        even, tailed = (partial(f, n=n, effect=effect) for f in (found_in_even, found_in_skewed))
        yield Promise(f"power: graded, n {n}", share, even, "near", room=0.03)
        yield Promise(f"power: long tail, n {n}", share, tailed, "near", room=0.03)
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


def promises() -> Iterator[Promise]:
    """All that is promised of comparisons."""
    for group in (false_findings, power, margins):
        yield from group()


if __name__ == "__main__":
    run(promises(), about=__doc__)
