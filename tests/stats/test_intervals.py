"""The intervals: known figures, bounds and symmetry."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import bdtr

from evalsite.stats.intervals import (
    Interval,
    bounded_mean,
    clopper_pearson,
    mean_t,
    mean_t_of,
    wilson,
)

shares = st.lists(st.floats(0, 1), min_size=1, max_size=50)


@st.composite
def trials(draw: st.DrawFn) -> tuple[int, int]:
    """Some successes in at least one trial."""
    n = draw(st.integers(1, 10_000))
    return draw(st.integers(0, n)), n


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998 (17:857), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_figures(
    successes: int, n: int, low: float, high: float
) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_knows_nothing_without_a_trial() -> None:
    assert wilson(0, 0) == Interval(0.0, 1.0)


@given(trials())
def test_wilson_holds_the_rate_inside_0_and_1(trial: tuple[int, int]) -> None:
    low, high = wilson(*trial)
    assert 0 <= low <= trial[0] / trial[1] <= high <= 1
    assert low < high


@given(trials())
def test_wilson_mirrors_success_and_failure(trial: tuple[int, int]) -> None:
    successes, n = trial
    low, high = wilson(successes, n)
    assert wilson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(trials())
def test_more_confidence_is_wider(trial: tuple[int, int]) -> None:
    narrow, wide = wilson(*trial, confidence=0.9), wilson(*trial, confidence=0.99)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


@given(trials())
def test_more_cases_at_the_same_rate_are_narrower(trial: tuple[int, int]) -> None:
    few, many = wilson(*trial), wilson(4 * trial[0], 4 * trial[1])
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998 (17:857), table I, method 5.
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_clopper_pearson_gives_the_published_figures(
    successes: int, n: int, low: float, high: float
) -> None:
    assert clopper_pearson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_clopper_pearson_knows_nothing_without_a_trial() -> None:
    assert clopper_pearson(0, 0) == Interval(0.0, 1.0)


@given(trials())
def test_clopper_pearson_holds_the_rate_and_mirrors(trial: tuple[int, int]) -> None:
    successes, n = trial
    low, high = clopper_pearson(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert clopper_pearson(n - successes, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(trials())
def test_clopper_pearson_leaves_half_of_alpha_at_each_end(trial: tuple[int, int]) -> None:
    successes, n = trial
    low, high = clopper_pearson(successes, n)
    assert successes == 0 or bdtr(successes - 1, n, low) == pytest.approx(0.975)
    assert successes == n or bdtr(successes, n, high) == pytest.approx(0.025)


@given(trials())
def test_clopper_pearson_widens_with_confidence(trial: tuple[int, int]) -> None:
    narrow, wide = clopper_pearson(*trial, confidence=0.9), clopper_pearson(*trial)
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_mean_t_gives_the_textbook_figure() -> None:
    # Ten values, t(9) = 2.262157.
    values = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    reach = 2.2621571628 * 0.3027650354 / math.sqrt(10)
    assert mean_t(values) == pytest.approx((0.55 - reach, 0.55 + reach), rel=1e-9)


@pytest.mark.parametrize("values", [[], [0.5]])
def test_mean_t_needs_a_spread(values: list[float]) -> None:
    assert mean_t(values) is None


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_mean_t_ignores_the_order(values: list[float]) -> None:
    assert mean_t(values) == pytest.approx(mean_t(sorted(values)), abs=1e-12)


@given(shares)
def test_bounded_mean_holds_the_mean_inside_0_and_1(values: list[float]) -> None:
    mean, sd = fmean(values), stdev(values) if len(values) > 1 else None
    low, high = bounded_mean(mean, sd=sd, n=len(values))
    assert -1e-12 <= low <= mean + 1e-12
    assert mean - 1e-12 <= high <= 1 + 1e-12


def test_bounded_mean_is_near_t_where_many_values_differ() -> None:
    t = mean_t_of(0.5, sd=0.1, n=1_000)
    assert bounded_mean(0.5, sd=0.1, n=1_000) == pytest.approx(t, abs=1e-5)


def test_bounded_mean_reaches_away_from_a_near_end() -> None:
    low, high = bounded_mean(0.95, sd=0.1, n=30)
    assert 0.95 - low > 1.5 * (high - 0.95)
    assert high < 1


@pytest.mark.parametrize(("sd", "n"), [(None, 1), (0.0, 20)])
def test_bounded_mean_claims_no_certainty_where_all_are_alike(sd: float | None, n: int) -> None:
    assert bounded_mean(1.0, sd=sd, n=n) == wilson(n, n)


spreads = st.lists(st.integers(0, 64).map(lambda i: i / 64), min_size=2, max_size=40)


@given(spreads, st.integers(-8, 8), st.sampled_from([0.5, 2.0, 4.0]))
def test_mean_t_moves_scales_and_mirrors(values: list[float], by: int, times: float) -> None:
    low, high = mean_t(values) or Interval(0, 0)
    moved = mean_t([times * v + by for v in values])
    assert moved == pytest.approx((times * low + by, times * high + by), abs=1e-9)
    assert mean_t([-v for v in values]) == pytest.approx((-high, -low), abs=1e-12)


@given(st.floats(-5, 5), st.floats(0, 3), st.integers(2, 500))
def test_mean_t_of_holds_the_mean_and_narrows(mean: float, sd: float, n: int) -> None:
    low, high = mean_t_of(mean, sd=sd, n=n)
    assert low <= mean <= high
    assert high - mean == pytest.approx(mean - low, abs=1e-9)
    wide, more = mean_t_of(mean, sd=sd, n=n, confidence=0.99), mean_t_of(mean, sd=sd, n=2 * n)
    assert wide.low <= low <= more.low + 1e-12
    assert more.high - 1e-12 <= high <= wide.high


@given(shares)
def test_bounded_mean_mirrors_and_widens(values: list[float]) -> None:
    mean, sd = fmean(values), stdev(values) if len(values) > 1 else None
    low, high = bounded_mean(mean, sd=sd, n=len(values))
    assert bounded_mean(1 - mean, sd=sd, n=len(values)) == pytest.approx(
        (1 - high, 1 - low), abs=1e-9
    )
    wide = bounded_mean(mean, sd=sd, n=len(values), confidence=0.99)
    assert wide.low <= low <= high <= wide.high
