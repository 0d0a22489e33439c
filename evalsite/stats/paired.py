"""Two systems on the same cases: pairs, never two separate samples. Which test, and why."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from evalsite.stats.bootstrap import bca
from evalsite.stats.estimates import (
    ENOUGH_PAIRS,
    AlikeEstimate,
    Estimate,
    MeanEstimate,
    RateEstimate,
    estimate,
    shortage,
)
from evalsite.stats.intervals import NOISE, Interval
from evalsite.stats.paired_rates import MANY_CHANGED, mcnemar, mcnemar_mid_p
from evalsite.stats.paired_tests import sign_flip
from evalsite.stats.power import cases_to_settle
from evalsite.stats.values import declared, how_many, subtract

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

    from evalsite.stats.values import Clusters, Values

# Up to this many units signs are flipped and the bootstrap draws; beyond, t says the same sooner.
FLIPPED = 300


class Test(StrEnum):
    """How p was found."""

    __test__ = False  # pytest: this is no test class

    NONE = "none"
    EXACT_MCNEMAR = "exact_mcnemar"
    MID_P_MCNEMAR = "mid_p_mcnemar"
    SIGN_FLIP = "sign_flip"
    SIGN_FLIP_BY_CLUSTER = "sign_flip_by_cluster"
    T = "t"
    CLUSTERED_T = "clustered_t"


_SAID = {
    Test.EXACT_MCNEMAR: "exact McNemar test",
    Test.MID_P_MCNEMAR: "mid-p McNemar test",
    Test.SIGN_FLIP: "sign-flip permutation test",
    Test.SIGN_FLIP_BY_CLUSTER: "sign-flip permutation test by cluster",
    Test.T: "paired t test",
    Test.CLUSTERED_T: "clustered t test",
}


class PairedResult(NamedTuple):
    """What a paired comparison says, by which method and why.

    `effect` is the mean of after - before: of pass or fail the difference of the pass rates. It
    is None without a pair. Interval and p are None where there are too few to say anything.
    `more_cases` is about how many more would settle it: 0 if it is settled, None if no number
    in reach would.
    """

    n: int
    effect: float | None
    interval: Interval | None
    p_value: float | None
    method: str
    test: Test = Test.NONE
    clusters: int | None = None
    more_cases: int | None = None

    @property
    def needs_review(self) -> bool:
        """Say that there was too little for a test."""
        return self.p_value is None


def compare_pass(
    *, worse: int, better: int, both_passed: int, both_failed: int, confidence: float = 0.95
) -> PairedResult:
    """Compare pass or fail of the same cases before and after.

    `worse` passed before and fail after, `better` the reverse. Few changed cases are tested
    exactly; with many the exact test is needlessly cautious, and its mid-p is taken.
    """
    n, changed = worse + better + both_passed + both_failed, worse + better
    if few := shortage(n):
        return _untested(n, (better - worse) / n if n else None, few=few)
    seen = f"pass or fail of the same {n} cases, {changed} of them changed"
    if changed < MANY_CHANGED:
        test, p = Test.EXACT_MCNEMAR, mcnemar(worse, better)
    else:
        test, p = Test.MID_P_MCNEMAR, mcnemar_mid_p(worse, better)
    method = f"{_SAID[test]}, Tango score interval: {seen}"
    interval = RateEstimate(better, worse, n).interval(confidence=confidence)
    effect = (better - worse) / n
    sd = math.sqrt(changed / n - effect * effect)
    more = 0 if p < 1 - confidence else cases_to_settle(effect, sd=sd, n=n, alpha=1 - confidence)
    return PairedResult(n, effect, interval, p, method, test, more_cases=more)


def compare_scores(
    before: Values,
    after: Values,
    *,
    clusters: Clusters | None = None,
    span: float = 1.0,
    confidence: float = 0.95,
    seed: int = 0,
) -> PairedResult:
    """Compare the scores of the same cases before and after, by the test that suits them.

    Pass or fail (all 0 or 1) goes to `compare_pass`; graded scores have their signs flipped, and
    beyond 300 units a t test. Cases with a common cluster (document, template, conversation)
    count as one unit. `span` is the width of the scores' scale, for where no spread was seen; 0
    where it has no end. Sides and clusters may be arrays: 100,000 cases take some 20 ms.
    Raises ValueError for lengths that differ, or a score that is no finite number.
    """
    differences = subtract(before, after)
    n, keys = len(differences), declared(clusters, n=len(differences))
    groups = None if keys is None else how_many(keys)
    found = estimate(before, after, clusters=keys, span=span)
    if found is None or found.lacking:
        effect = math.fsum(differences) / n if n else None
        return _untested(n, effect, few=shortage(n, clusters=groups), clusters=groups)
    if isinstance(found, RateEstimate):
        return _as_rates(found, passed=round(math.fsum(before)), confidence=confidence)
    units = groups or n
    test, p = _tested(differences, found, keys=keys, seed=seed)
    by_draws = test is Test.SIGN_FLIP and isinstance(found, MeanEstimate)
    draws = bca(differences, seed=seed, confidence=confidence) if by_draws else None
    return PairedResult(
        n,
        found.effect,
        draws or found.interval(confidence=confidence),
        p,
        _method(test, found, n=n, clusters=groups),
        test,
        groups,
        0 if p < 1 - confidence else _more(found, n=n, units=units, alpha=1 - confidence),
    )


def _as_rates(found: RateEstimate, *, passed: int, confidence: float) -> PairedResult:
    worse, better = found.lost, found.gained
    both_passed = passed - worse
    return compare_pass(
        worse=worse,
        better=better,
        both_passed=both_passed,
        both_failed=found.n - both_passed - worse - better,
        confidence=confidence,
    )


def _tested(
    differences: NDArray[float64],
    found: Estimate,
    *,
    keys: NDArray[int64] | None,
    seed: int,
) -> tuple[Test, float]:
    units = len(differences) if keys is None else how_many(keys)
    flips = Test.SIGN_FLIP if keys is None else Test.SIGN_FLIP_BY_CLUSTER
    if isinstance(found, AlikeEstimate):
        # Of all flips only two, none and all, go as far.
        return flips, 2 * 0.5**units if abs(found.effect) > NOISE else 1.0
    if units <= FLIPPED:
        return flips, sign_flip(differences, clusters=keys, seed=seed)
    p = min(1.0, 2 * min(found.p_above(0), found.p_below(0)))
    return Test.T if keys is None else Test.CLUSTERED_T, p


def _method(test: Test, found: Estimate, *, n: int, clusters: int | None) -> str:
    seen = f"scores of the same {n} cases"
    if isinstance(found, AlikeEstimate):
        return f"{_SAID[test]}; interval of what {n} cases could miss: {seen}, all alike"
    if clusters is not None:
        return f"{_SAID[test]}, t interval by cluster: {seen} in {clusters} clusters"
    interval = "BCa interval" if test is Test.SIGN_FLIP else "t interval"
    return f"{_SAID[test]}, {interval}: {seen}"


def _more(found: Estimate, *, n: int, units: int, alpha: float) -> int | None:
    """Count the units to come, and their cases: clusters to come are as large as those seen."""
    if not isinstance(found, MeanEstimate):
        return None
    sd = found.se * math.sqrt(units)
    more = cases_to_settle(found.effect, sd=sd, n=units, alpha=alpha)
    return None if more is None else math.ceil(more * n / units)


def _untested(
    n: int, effect: float | None, *, few: str, clusters: int | None = None
) -> PairedResult:
    missing = max(0, ENOUGH_PAIRS - n) or None
    method = f"no test: {few}"
    return PairedResult(n, effect, None, None, method, clusters=clusters, more_cases=missing)
