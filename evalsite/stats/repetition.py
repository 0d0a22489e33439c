"""What repetitions say: passing at least once in k tries, and passing in all of k tries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import comb


def pass_at_k(n: int, c: int, *, k: int) -> float:
    """Estimate the chance that at least one of k tries passes, where c of n tries did.

    Unbiased: 1 - C(n-c, k) / C(n, k). Source: Chen et al. 2021, "Evaluating Large Language Models
    Trained on Code", equation 1. Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    _check(n, c, k=k)
    return 1.0 - comb(n - c, k) / comb(n, k)


def pass_hat_k(n: int, c: int, *, k: int) -> float:
    """Estimate the chance that all of k tries pass, where c of n tries did.

    Unbiased: C(c, k) / C(n, k). Source: Yao et al. 2024, "tau-bench", section 3 ("pass^k").
    Raises ValueError unless 0 <= c <= n and 1 <= k <= n.
    """
    _check(n, c, k=k)
    return comb(c, k) / comb(n, k)


def over_cases(tries: Mapping[tuple[int, int], int], *, most: int) -> list[tuple[float, float]]:
    """Give pass@k and pass^k for k = 1..most, as means over the cases.

    tries maps (n, c), tries and passes of a case, to how many cases have these. For each k the
    cases with at least k tries count; the list ends where there are none.
    """
    means = []
    for k in range(1, most + 1):
        cases = {pair: number for pair, number in tries.items() if pair[0] >= k}
        total = sum(cases.values())
        if not total:
            break
        at = _mean(((pass_at_k(n, c, k=k), m) for (n, c), m in cases.items()), total=total)
        hat = _mean(((pass_hat_k(n, c, k=k), m) for (n, c), m in cases.items()), total=total)
        means.append((at, hat))
    return means


def _mean(weighted: Iterable[tuple[float, int]], *, total: int) -> float:
    return sum(value * number for value, number in weighted) / total


def _check(n: int, c: int, *, k: int) -> None:
    if not (0 <= c <= n and 1 <= k <= n):
        raise ValueError(f"no estimate for c = {c} of n = {n} at k = {k}")
