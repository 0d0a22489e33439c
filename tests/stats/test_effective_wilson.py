"""The interval of a share whose spread is not a coin's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.intervals import effective_wilson, wilson


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.99])
def test_for_a_coin_in_many_cases_it_is_wilson_s(share: float) -> None:
    n = 100_000
    se = math.sqrt(share * (1 - share) / n)
    assert effective_wilson(share, se=se, n=n) == pytest.approx(wilson(share * n, n), abs=1e-6)


def test_half_the_error_is_worth_four_times_the_cases() -> None:
    se = math.sqrt(0.3 * 0.7 / 1_000)
    found = effective_wilson(0.3, se=se / 2, n=1_000_000)
    assert found == pytest.approx(wilson(1_200, 4_000), abs=1e-5)


@given(st.floats(0, 1), st.floats(0, 0.5), st.integers(2, 1000))
def test_it_holds_the_share_inside_0_and_1(share: float, se: float, n: int) -> None:
    low, high = effective_wilson(share, se=se, n=n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    assert low < high


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_without_spread_it_claims_no_certainty(share: float) -> None:
    few, many = (effective_wilson(share, se=0.0, n=n) for n in (10, 1_000))
    assert few.high - few.low > 0.3 > 0.1 > many.high - many.low > 0


@given(st.floats(0.01, 0.99), st.floats(0.001, 0.4), st.integers(2, 1000))
def test_it_mirrors_and_widens_with_error_and_confidence(share: float, se: float, n: int) -> None:
    low, high = effective_wilson(share, se=se, n=n)
    mirrored = effective_wilson(1 - share, se=se, n=n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)
    for wide in (
        effective_wilson(share, se=1.5 * se, n=n),
        effective_wilson(share, se=se, n=n, confidence=0.99),
    ):
        assert wide.low <= low + 1e-12
        assert wide.high >= high - 1e-12
