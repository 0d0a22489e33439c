"""pass@k and pass^k against their formulas and against counting."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.repetition import over_cases, pass_at_k, pass_hat_k

# n, c, k, pass@k, pass^k: worked by hand from the two formulas.
WORKED = [
    (10, 3, 1, 3 / 10, 3 / 10),
    (10, 3, 5, 1 - 21 / 252, 0.0),
    (4, 2, 2, 1 - 1 / 6, 1 / 6),
    (5, 5, 3, 1.0, 1.0),
    (5, 0, 3, 0.0, 0.0),
]


@pytest.mark.parametrize(("n", "c", "k", "at", "hat"), WORKED)
def test_worked_values(n: int, c: int, k: int, at: float, hat: float) -> None:
    assert pass_at_k(n, c, k=k) == pytest.approx(at, abs=1e-6)
    assert pass_hat_k(n, c, k=k) == pytest.approx(hat, abs=1e-6)


@given(st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.data())
def test_they_are_shares_of_all_choices(pair: tuple[int, int], data: st.DataObject) -> None:
    n, c = pair
    k = data.draw(st.integers(1, n))
    drawn = [[i < c for i in chosen] for chosen in combinations(range(n), k)]
    assert pass_at_k(n, c, k=k) == pytest.approx(sum(map(any, drawn)) / len(drawn))
    assert pass_hat_k(n, c, k=k) == pytest.approx(sum(map(all, drawn)) / len(drawn))


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0), (3, 1, 4), (0, 0, 1)])
def test_what_cannot_be_estimated_is_refused(n: int, c: int, k: int) -> None:
    for estimate in (pass_at_k, pass_hat_k):
        with pytest.raises(ValueError, match="no estimate"):
            estimate(n, c, k=k)


def test_cases_count_alike_whatever_their_tries() -> None:
    # One case passed 1 of 2, three passed 4 of 4.
    means = over_cases({(2, 1): 1, (4, 4): 3}, most=4)
    assert means == [(0.875, 0.875), (1.0, 0.75), (1.0, 1.0), (1.0, 1.0)]


def test_without_tries_there_is_nothing() -> None:
    assert over_cases({}, most=3) == []
    assert len(over_cases({(2, 2): 1}, most=5)) == 2


tried = st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


@given(tried)
def test_more_tries_pass_sooner_and_all_more_seldom(pair: tuple[int, int]) -> None:
    n, c = pair
    at = [pass_at_k(n, c, k=k) for k in range(1, n + 1)]
    hat = [pass_hat_k(n, c, k=k) for k in range(1, n + 1)]
    assert at == sorted(at)
    assert hat == sorted(hat, reverse=True)
    assert at[0] == pytest.approx(c / n) == pytest.approx(hat[0])
    assert all(0 <= low <= high + 1e-12 <= 1 + 1e-12 for low, high in zip(hat, at, strict=True))


@settings(max_examples=30)
@given(st.lists(tried, max_size=20))
def test_over_cases_is_the_mean_in_any_order(pairs: list[tuple[int, int]]) -> None:
    means = over_cases(Counter(pairs), most=12)
    turned = over_cases(Counter(pairs[::-1]), most=12)
    assert sum(means, ()) == pytest.approx(sum(turned, ()))
    for k, (at, hat) in enumerate(means, start=1):
        enough = [pair for pair in pairs if pair[0] >= k]
        assert at == pytest.approx(sum(pass_at_k(*pair, k=k) for pair in enough) / len(enough))
        assert 0 <= hat <= at + 1e-12 <= 1 + 1e-9
