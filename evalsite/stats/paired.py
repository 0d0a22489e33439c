"""Two systems on the same cases: pairs, never two separate samples."""

from __future__ import annotations

import math
from typing import NamedTuple

from evalsite.stats.intervals import Interval, wilson

ENOUGH_PAIRS = 15


class PairedResult(NamedTuple):
    """What a paired comparison of pass or fail says, by which method and why.

    `effect` is the second system's pass rate minus the first's. Interval and p are None where
    there are too few pairs to say anything.
    """

    n: int
    effect: float | None
    interval: Interval | None
    p_value: float | None
    method: str


def compare_pass(
    *, worse: int, better: int, both_passed: int, both_failed: int, confidence: float = 0.95
) -> PairedResult:
    """Compare pass or fail of the same cases before and after.

    `worse` passed before and fail after, `better` the reverse.
    """
    n = worse + better + both_passed + both_failed
    effect = (better - worse) / n if n else None
    if n < ENOUGH_PAIRS:
        method = f"no test: {n} pairs are fewer than the {ENOUGH_PAIRS} that a verdict needs"
        return PairedResult(n, effect, None, None, method)
    interval = newcombe(
        better, worse, both_passed=both_passed, both_failed=both_failed, confidence=confidence
    )
    method = (
        f"exact McNemar test, Newcombe score interval: pass or fail of the same {n} cases, "
        f"{worse + better} of them changed"
    )
    return PairedResult(n, effect, interval, mcnemar(worse, better), method)


def mcnemar(worse: int, better: int) -> float:
    """Answer the exact two-sided p of McNemar's test (McNemar 1947) from the changed pairs.

    Under no difference each changed pair falls either way like a fair coin. Pairs that did not
    change say nothing about a difference; with no changed pair p is 1.
    """
    from scipy.special import bdtr

    changed = worse + better
    return min(1.0, 2 * float(bdtr(min(worse, better), changed, 0.5)))


def newcombe(
    gained: int, lost: int, *, both_passed: int, both_failed: int, confidence: float = 0.95
) -> Interval:
    """Answer the score interval of a paired difference of proportions, at least one pair.

    Newcombe 1998, Statistics in Medicine 17:2635, method 10: the Wilson intervals of both rates
    squared and added, less what their correlation (with continuity correction) explains.
    """
    n = gained + lost + both_passed + both_failed
    after, before = both_passed + gained, both_passed + lost
    p2, p1 = after / n, before / n
    low2, high2 = wilson(after, n, confidence=confidence)
    low1, high1 = wilson(before, n, confidence=confidence)
    phi = _phi(gained, lost, both_passed=both_passed, both_failed=both_failed)
    down = _hypotenuse(p2 - low2, high1 - p1, phi=phi)
    up = _hypotenuse(high2 - p2, p1 - low1, phi=phi)
    effect = (gained - lost) / n
    return Interval(max(-1.0, effect - down), min(1.0, effect + up))


def _hypotenuse(a: float, b: float, *, phi: float) -> float:
    return math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))


def _phi(gained: int, lost: int, *, both_passed: int, both_failed: int) -> float:
    n = gained + lost + both_passed + both_failed
    after, before = both_passed + gained, both_passed + lost
    margins = after * (n - after) * before * (n - before)
    if margins == 0:
        return 0.0
    product: float = both_passed * both_failed - gained * lost
    if product > 0:
        product = max(0, product - n / 2)
    return product / math.sqrt(margins)
