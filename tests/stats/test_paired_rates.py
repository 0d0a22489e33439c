"""Rates of pairs: published figures, symmetry, and the coin under McNemar's test."""

from __future__ import annotations

import math
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.paired_rates import mcnemar, mcnemar_mid_p, tango, tango_z

counts = st.integers(0, 300)


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


# Fagerland, Lydersen & Laake 2014 (Statistics in Medicine 33:2850), airway reactivity before
# and after a transplantation: 1 gained and 7 lost of 21 children.
def test_the_children_s_figures_are_the_published_ones() -> None:
    assert tango(1, 7, n=21) == pytest.approx((-0.517, -0.026), abs=5e-4)
    assert mcnemar(7, 1) == pytest.approx(0.070, abs=5e-4)
    assert mcnemar_mid_p(7, 1) == pytest.approx(0.039, abs=5e-4)


@given(counts, counts)
def test_mid_p_counts_what_was_seen_half(worse: int, better: int) -> None:
    changed, fewer = worse + better, min(worse, better)
    seen = comb(changed, fewer) / 2**changed
    wanted = mcnemar(worse, better) - seen if worse != better else 1.0
    assert mcnemar_mid_p(worse, better) == pytest.approx(wanted, rel=1e-9)
    assert mcnemar_mid_p(worse, better) == mcnemar_mid_p(better, worse)


def test_mid_p_of_nothing_changed_is_1() -> None:
    assert mcnemar_mid_p(0, 0) == 1.0


@given(counts, counts, st.integers(0, 300))
def test_tango_at_0_is_mcnemar_s_statistic(gained: int, lost: int, alike: int) -> None:
    n, changed = gained + lost + alike, gained + lost
    wanted = (gained - lost) / math.sqrt(changed) if changed else 0.0
    assert tango_z(gained, lost, n=n + 1, difference=0.0) == pytest.approx(wanted, abs=1e-9)


@given(counts, counts, st.integers(0, 300))
def test_tango_holds_the_difference(gained: int, lost: int, alike: int) -> None:
    n = gained + lost + alike + 1
    low, high = tango(gained, lost, n=n)
    assert -1 <= low < high <= 1
    assert low <= (gained - lost) / n <= high


@given(counts, counts, st.integers(1, 300))
def test_tango_mirrors_before_and_after(gained: int, lost: int, alike: int) -> None:
    n = gained + lost + alike
    low, high = tango(gained, lost, n=n)
    assert tango(lost, gained, n=n) == pytest.approx((-high, -low), abs=1e-9)


@given(counts, counts, st.integers(1, 300))
def test_tango_s_ends_are_where_the_score_test_begins_to_reject(
    gained: int, lost: int, alike: int
) -> None:
    n = gained + lost + alike
    for end in tango(gained, lost, n=n):
        if abs(end) < 1 - 1e-6:
            z = tango_z(gained, lost, n=n, difference=end)
            assert abs(z) == pytest.approx(1.959964, abs=1e-3)


@given(counts, counts, st.integers(1, 300))
def test_more_of_the_same_is_narrower(gained: int, lost: int, alike: int) -> None:
    n = gained + lost + alike
    few, many = tango(gained, lost, n=n), tango(4 * gained, 4 * lost, n=4 * n)
    assert many.high - many.low < few.high - few.low


@given(counts, counts, st.integers(1, 300))
def test_more_confidence_is_wider(gained: int, lost: int, alike: int) -> None:
    n = gained + lost + alike
    narrow, wide = tango(gained, lost, n=n, confidence=0.8), tango(gained, lost, n=n)
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12


@given(counts, counts, st.integers(1, 300), st.floats(-0.99, 0.99), st.floats(-0.99, 0.99))
def test_tango_z_falls_as_more_is_supposed(
    gained: int, lost: int, alike: int, one: float, other: float
) -> None:
    n, (low, high) = gained + lost + alike, sorted((one, other))
    z_low, z_high = (tango_z(gained, lost, n=n, difference=d) for d in (low, high))
    assert z_high <= z_low + 1e-6
    assert tango_z(lost, gained, n=n, difference=-low) == pytest.approx(-z_low, abs=1e-6)
