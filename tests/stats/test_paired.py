"""Paired pass or fail: known figures, symmetry, and silence where there is too little."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.paired import ENOUGH_PAIRS, compare_pass, mcnemar, newcombe

counts = st.integers(0, 300)


def table(gained: int, lost: int, passed: int, failed: int) -> tuple[float, float]:
    """The interval by the letters of the paper's tables."""
    return newcombe(gained, lost, both_passed=passed, both_failed=failed)


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        # Newcombe 1998 (17:2635), table II, method 10.
        ((12, 2, 36, 0), 0.0569, 0.3404),
        ((14, 0, 36, 0), 0.1528, 0.4167),
        ((0, 0, 54, 0), -0.0664, 0.0664),
    ],
)
def test_newcombe_gives_the_published_figures(
    cells: tuple[int, int, int, int], low: float, high: float
) -> None:
    assert table(*cells) == pytest.approx((low, high), abs=5e-5)


@given(counts, counts, counts, st.integers(1, 300))
def test_newcombe_holds_the_difference(gained: int, lost: int, passed: int, failed: int) -> None:
    n = gained + lost + passed + failed
    low, high = table(gained, lost, passed, failed)
    assert -1 <= low <= (gained - lost) / n + 1e-12
    assert (gained - lost) / n - 1e-12 <= high <= 1


@given(counts, counts, counts, st.integers(1, 300))
def test_newcombe_mirrors_before_and_after(
    gained: int, lost: int, passed: int, failed: int
) -> None:
    low, high = table(gained, lost, passed, failed)
    assert table(lost, gained, passed, failed) == pytest.approx((-high, -low), abs=1e-12)


@given(counts, counts, st.integers(1, 300), counts)
def test_newcombe_mirrors_passed_and_failed(
    gained: int, lost: int, passed: int, failed: int
) -> None:
    low, high = table(gained, lost, passed, failed)
    assert table(lost, gained, failed, passed) == pytest.approx((-high, -low), abs=1e-12)


def test_mcnemar_of_nothing_changed_is_1() -> None:
    assert mcnemar(0, 0) == 1.0


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_twice_the_coin_s_tail(worse: int, better: int) -> None:
    changed, fewer = worse + better, min(worse, better)
    tail = sum(comb(changed, k) for k in range(fewer + 1)) / 2**changed
    assert mcnemar(worse, better) == pytest.approx(min(1.0, 2 * tail), rel=1e-10)


@given(counts, counts)
def test_mcnemar_does_not_mind_the_direction(worse: int, better: int) -> None:
    assert mcnemar(worse, better) == mcnemar(better, worse)
    assert 0 <= mcnemar(worse, better) <= 1


@given(st.integers(1, 100), st.integers(0, 99))
def test_mcnemar_falls_as_the_balance_tips(worse: int, better: int) -> None:
    better = min(better, worse - 1)
    assert mcnemar(worse + 1, better) < mcnemar(worse, better) or better == worse - 1


def test_too_few_pairs_give_an_effect_but_no_verdict() -> None:
    result = compare_pass(worse=ENOUGH_PAIRS - 1, better=0, both_passed=0, both_failed=0)
    assert (result.effect, result.interval, result.p_value) == (-1.0, None, None)
    assert "fewer than the 15" in result.method


def test_no_pairs_give_nothing() -> None:
    result = compare_pass(worse=0, better=0, both_passed=0, both_failed=0)
    assert (result.n, result.effect, result.p_value) == (0, None, None)


def test_enough_pairs_name_the_method_and_why() -> None:
    result = compare_pass(worse=9, better=1, both_passed=70, both_failed=20)
    assert result.effect == pytest.approx(-0.08)
    assert result.p_value == pytest.approx(0.021484375)
    assert result.interval == newcombe(1, 9, both_passed=70, both_failed=20)
    assert "exact McNemar" in result.method
    assert "10 of them changed" in result.method


def test_no_difference_is_said_not_failed() -> None:
    result = compare_pass(worse=0, better=0, both_passed=40, both_failed=2)
    assert (result.effect, result.p_value) == (0.0, 1.0)
