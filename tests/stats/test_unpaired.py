"""Two means without pairs: Welch's interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from evalsite.stats.intervals import Interval
from evalsite.stats.unpaired import mean_difference

side = st.lists(st.integers(-64, 64).map(lambda i: i / 64), min_size=2, max_size=30)


def test_it_is_scipy_s() -> None:
    before, after = [0.1, 0.4, 0.35, 0.8], [0.5, 0.9, 0.7, 0.95, 0.6, 0.2]
    theirs = ttest_ind(after, before, equal_var=False).confidence_interval()
    assert mean_difference(before, after) == pytest.approx((theirs.low, theirs.high))


@given(side, side)
def test_it_holds_the_difference_mirrors_and_widens(
    before: list[float], after: list[float]
) -> None:
    low, high = mean_difference(before, after) or Interval(0, 0)
    effect = sum(after) / len(after) - sum(before) / len(before)
    assert low - 1e-9 <= effect <= high + 1e-9
    assert mean_difference(after, before) == pytest.approx((-high, -low), abs=1e-9)
    wide = mean_difference(before, after, confidence=0.99) or Interval(0, 0)
    assert wide.low <= low + 1e-12
    assert wide.high >= high - 1e-12


@given(side, side)
def test_order_does_not_matter_and_a_common_shift_neither(
    before: list[float], after: list[float]
) -> None:
    usual = mean_difference(before, after)
    assert mean_difference(before[::-1], sorted(after)) == pytest.approx(usual, abs=1e-9)
    moved = mean_difference([v + 2 for v in before], [v + 2 for v in after])
    assert moved == pytest.approx(usual, abs=1e-9)


def test_one_value_has_no_spread_and_none_is_certain() -> None:
    assert mean_difference([0.5], [0.1, 0.9]) is None
    assert mean_difference([0.5, 0.5], [0.75, 0.75]) == Interval(0.25, 0.25)
