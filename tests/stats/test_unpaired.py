from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from evalsite.stats.locate_shift import locate_shift
from evalsite.stats.unpaired import mean_difference

values = st.lists(st.floats(-100, 100), min_size=2, max_size=20)


@given(values, values)
def test_the_difference_agrees_with_welchs_in_scipy(
    before: list[float], after: list[float]
) -> None:
    found = mean_difference(before, after)
    assert found is not None
    if min(np.ptp(before), np.ptp(after)) < 1e-3:
        return
    expected = ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    assert tuple(found) == pytest.approx(tuple(expected), rel=1e-6, abs=1e-9)


@given(values, values)
def test_swapping_the_sides_mirrors_the_interval(before: list[float], after: list[float]) -> None:
    there, back = mean_difference(before, after), mean_difference(after, before)
    assert there is not None
    assert back is not None
    assert there.low == pytest.approx(-back.high)


def test_a_spread_of_nearly_nothing_has_an_interval() -> None:
    assert mean_difference([0.0, 1e-160], [0.0, 0.0]) == pytest.approx((0.0, 0.0), abs=1e-150)


def test_no_spread_is_a_point_and_one_value_is_nothing() -> None:
    assert mean_difference([1, 1], [3, 3]) == (2.0, 2.0)
    assert mean_difference([1, 1], [3]) is None


@given(st.integers(2, 30), st.integers(2, 30), st.floats(1, 100))
def test_a_step_is_placed_exactly(n_before: int, n_after: int, size: float) -> None:
    assert locate_shift([0.0] * n_before + [size] * n_after) == n_before


def test_a_wild_value_moves_nothing() -> None:
    series = [0.0, 0.2] * 8 + [1.0, 1.2] * 8
    series[5] = 50.0
    assert locate_shift(series) == 16


@pytest.mark.parametrize("series", [[], [1.0, 2.0, 3.0], [1.0] * 20])
def test_no_two_levels_have_no_place(series: list[float]) -> None:
    assert locate_shift(series) is None


def test_both_sides_have_at_least_so_many() -> None:
    assert locate_shift([0.0] * 9 + [5.0], least=3) in range(3, 8)
