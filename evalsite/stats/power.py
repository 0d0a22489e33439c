"""How small a difference so many cases can show, and how many cases a difference needs.

Spreads are those of the paired differences, from earlier runs of the same suite. All tests are
two-sided. The design effect (`clusters.design_effect`) is what clusters cost: n cases are worth
n / design effect independent ones.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from evalsite.stats.paired_rates import MANY_CHANGED

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

ALPHA = 0.05
POWER = 0.8
# Beyond this the answer is "no number in reach".
MOST_CASES = 1_000_000


def power_of_mean(
    effect: float, *, sd: float, n: float, alpha: float = ALPHA, design_effect: float = 1.0
) -> float:
    """Answer how likely a paired t test finds a true mean difference with n cases.

    Noncentral t (Cohen 1988, section 2.5; for evals Card et al. 2020, Miller 2024). Fewer than
    two independent cases find nothing; without any spread a difference is always found.
    """
    from scipy.special import nctdtr, stdtrit

    worth = n / design_effect
    if worth < 2:
        return 0.0
    if sd == 0:
        return 1.0 if effect else 0.0
    distance, critical = abs(effect) / sd * math.sqrt(worth), stdtrit(worth - 1, 1 - alpha / 2)
    below_critical, wrong_side = nctdtr(worth - 1, distance, [critical, -critical])
    # A tail smaller than 1e-16 is no number to scipy.
    return 1 - _or_none(below_critical) + _or_none(wrong_side)


def detectable(
    sd: float,
    *,
    n: float,
    alpha: float = ALPHA,
    power: float = POWER,
    design_effect: float = 1.0,
) -> float | None:
    """Answer the smallest true mean difference found with this power; None below two cases' worth.

    The minimum detectable effect (Bloom 1995; Miller 2024, section 5), on the scores' scale.
    """
    from scipy.optimize import brentq

    if n / design_effect < 2:
        return None
    if sd == 0:
        return 0.0

    def excess(effect: float) -> float:
        found = power_of_mean(effect, sd=sd, n=n, alpha=alpha, design_effect=design_effect)
        return found - power

    far = sd
    while excess(far) < 0:
        far *= 2
    return float(brentq(excess, 0.0, far, rtol=1e-9))


def needed_cases(
    effect: float,
    *,
    sd: float,
    alpha: float = ALPHA,
    power: float = POWER,
    design_effect: float = 1.0,
) -> int | None:
    """Answer the cases a paired t test needs to find a true mean difference; None out of reach.

    Starts from the normal formula, which asks for some cases too few, and counts up.
    """
    reach = _normal(1 - alpha / 2) + _normal(power)
    if not effect or design_effect * (reach * sd / effect) ** 2 > MOST_CASES:
        return None
    n = max(2, math.floor(design_effect * max(2.0, (reach * sd / effect) ** 2)))
    while power_of_mean(effect, sd=sd, n=n, alpha=alpha, design_effect=design_effect) < power:
        n += 1
    return n


def power_of_rates(effect: float, *, changed: float, n: int, alpha: float = ALPHA) -> float:
    """Answer how likely McNemar's test finds a true difference of pass rates with n cases.

    Exact over how many cases change (Duffy 1984, Biometrics 40:1005), for the test that
    `paired.compare_pass` takes: exact for few changed cases, mid-p for many. `changed` is the
    share of cases that pass once and fail once. Raises ValueError unless |effect| <= changed <= 1.
    """
    import numpy as np
    from scipy.special import bdtr, bdtrc

    if not abs(effect) <= changed <= 1:
        raise ValueError(f"{effect} cannot be the difference where a share of {changed} changed")
    if not changed:
        return 0.0
    reach = 8 * math.sqrt(n * changed * (1 - changed)) + 8
    low, high = max(1, math.floor(n * changed - reach)), min(n, math.ceil(n * changed + reach))
    counts = np.arange(low, high + 1)
    chances = bdtr(counts, n, changed) - bdtr(counts - 1, n, changed)
    limits = _critical(counts, alpha=alpha)
    better = (1 + effect / changed) / 2
    found = bdtr(limits, counts, better) + bdtrc(counts - limits - 1, counts, better)
    return float((chances * np.where(limits >= 0, found, 0.0)).sum())


def needed_pairs(
    effect: float, *, changed: float, alpha: float = ALPHA, power: float = POWER
) -> int | None:
    """Answer the cases McNemar's test needs to find a true difference of pass rates.

    Starts from the normal formula (Connor 1987, Biometrics 43:207) and counts up by percents.
    None out of reach; ValueError unless |effect| <= changed <= 1.
    """
    if not effect:
        return None
    spread = math.sqrt(max(0.0, changed - effect * effect))
    wanted = _normal(1 - alpha / 2) * math.sqrt(changed) + _normal(power) * spread
    n = max(1, math.floor((wanted / effect) ** 2))
    while n <= MOST_CASES:
        if power_of_rates(effect, changed=changed, n=n, alpha=alpha) >= power:
            return n
        n += max(1, n // 100)
    return None


def cases_to_settle(
    effect: float,
    *,
    sd: float,
    n: int,
    margin: float = 0.0,
    alpha: float = ALPHA,
    power: float = POWER,
    design_effect: float = 1.0,
) -> int | None:
    """Answer about how many more cases would settle a comparison, if it goes on as it began.

    Settled is: shown to differ from 0, or, where a margin was declared, shown to be alike within
    it: whichever needs fewer. None where no number in reach would. What was seen is taken for
    the truth, so this is a forecast to plan by and no promise.
    """
    distances = (abs(effect), margin - abs(effect))
    farthest = max(distances)
    needed = needed_cases(farthest, sd=sd, alpha=alpha, power=power, design_effect=design_effect)
    return None if needed is None else max(0, needed - n)


def _critical(counts: npt.NDArray[np.int64], *, alpha: float) -> npt.NDArray[np.int64]:
    """Answer, for each number of changed pairs, the most on the rarer side that is significant."""
    import numpy as np
    from scipy.special import bdtr

    low, high = np.full_like(counts, -1), counts // 2
    while (low < high).any():
        middle = (low + high + 1) // 2
        upto = bdtr(middle, counts, 0.5)
        below = np.where(middle > 0, bdtr(np.maximum(middle - 1, 0), counts, 0.5), 0.0)
        p = np.where(counts < MANY_CHANGED, 2 * upto, upto + below)
        low, high = np.where(p <= alpha, middle, low), np.where(p <= alpha, high, middle - 1)
    return low


def _or_none(tail: float) -> float:
    return 0.0 if math.isnan(tail) else float(tail)


def _normal(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))
