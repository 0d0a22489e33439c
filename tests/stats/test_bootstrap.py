"""The bootstrap: against scipy's, against t, and unmoved by order, direction and scale."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from evalsite.stats.bootstrap import bca, cluster_bca
from evalsite.stats.clusters import clustered_t
from evalsite.stats.intervals import Interval, mean_t

spread = st.lists(st.integers(-100, 100).map(lambda i: i / 100), min_size=2, max_size=30)
QUICK = 199


def skewed(n: int) -> list[float]:
    random = Random(8)
    return [random.expovariate(1) for _ in range(n)]


def test_bca_agrees_with_scipy_on_a_skewed_spread() -> None:
    values = skewed(60)
    random = np.random.default_rng(4)
    theirs = bootstrap((values,), np.mean, n_resamples=9_999, method="BCa", rng=random)
    wanted = theirs.confidence_interval
    ours = bca(values)
    assert ours == pytest.approx((wanted.low, wanted.high), abs=0.05 * (wanted.high - wanted.low))


def test_bca_follows_the_skew_where_t_does_not() -> None:
    values = skewed(60)
    ours, plain = bca(values), mean_t(values)
    assert ours is not None
    assert plain is not None
    assert ours.low > plain.low
    assert ours.high > plain.high


@pytest.mark.parametrize("values", [[], [0.5]])
def test_fewer_than_two_values_have_none(values: list[float]) -> None:
    assert bca(values) is None
    assert cluster_bca(values, ["a"] * len(values)) is None


def test_one_cluster_has_none() -> None:
    assert cluster_bca([0.1, 0.2, 0.3], ["a"] * 3) is None


@pytest.mark.parametrize("value", [0.0, 0.1, 1e4 / 3])
def test_values_all_alike_are_their_own_interval(value: float) -> None:
    assert bca([value] * 30) == pytest.approx((value, value))


@settings(max_examples=40)
@given(spread, st.randoms(use_true_random=False))
def test_the_order_does_not_matter_and_the_seed_repeats(
    values: list[float], random: Random
) -> None:
    mixed = random.sample(values, len(values))
    assert bca(mixed, seed=7, resamples=QUICK) == bca(values, seed=7, resamples=QUICK)


@settings(max_examples=40)
@given(spread)
def test_ends_lie_among_the_values(values: list[float]) -> None:
    low, high = bca(values, resamples=QUICK) or Interval(0, 0)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9


@settings(max_examples=40)
@given(spread)
def test_more_confidence_is_wider(values: list[float]) -> None:
    narrow = bca(values, resamples=QUICK, confidence=0.8) or Interval(0, 0)
    wide = bca(values, resamples=QUICK, confidence=0.95) or Interval(0, 0)
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12


@settings(max_examples=40)
@given(spread)
def test_scale_scales_the_ends(values: list[float]) -> None:
    low, high = bca(values, resamples=QUICK) or Interval(0, 0)
    assert bca([4 * v for v in values], resamples=QUICK) == (4 * low, 4 * high)


def test_direction_mirrors_but_for_the_draw() -> None:
    low, high = bca(skewed(60)) or Interval(0, 0)
    assert bca([-v for v in skewed(60)]) == pytest.approx((-high, -low), abs=0.03)


def test_clusters_of_one_are_plain_cases() -> None:
    assert cluster_bca(skewed(400), range(400)) == bca(skewed(400))


def test_few_values_reach_as_far_as_t_of_an_even_spread() -> None:
    values = [i / 14 for i in range(15)]
    ours, t = bca(values), mean_t(values)
    assert ours is not None
    assert t is not None
    assert ours.high - ours.low == pytest.approx(t.high - t.low, rel=0.04)


@settings(max_examples=20)
@given(spread, st.randoms(use_true_random=False))
def test_order_and_names_of_clusters_do_not_matter(values: list[float], random: Random) -> None:
    pairs = [(value, i % 5) for i, value in enumerate(values)]
    mixed = random.sample(pairs, len(pairs))
    plain = cluster_bca(values, [key for _, key in pairs], resamples=QUICK)
    other = cluster_bca(
        [value for value, _ in mixed], [f"document {key}" for _, key in mixed], resamples=QUICK
    )
    assert other == plain


def test_whole_clusters_are_drawn() -> None:
    values = [v for v in skewed(50) for _ in range(10)]
    keys = [i // 10 for i in range(500)]
    ours, t = cluster_bca(values, keys), clustered_t(values, keys)
    naive = bca(values, resamples=QUICK)
    assert ours is not None
    assert t is not None
    assert naive is not None
    assert ours.high - ours.low == pytest.approx(t.high - t.low, rel=0.15)
    assert naive.high - naive.low < 0.4 * (ours.high - ours.low)


@settings(max_examples=20)
@given(spread)
def test_cluster_ends_hold_the_mean_and_widen(values: list[float]) -> None:
    keys = [i % 6 for i in range(len(values))]
    narrow, wide = (cluster_bca(values, keys, resamples=QUICK, confidence=c) for c in (0.5, 0.95))
    assert narrow is not None
    assert wide is not None
    assert wide.low - 1e-9 <= narrow.low <= narrow.high <= wide.high + 1e-9
    assert min(values) - 1e-9 <= wide.low <= wide.high <= max(values) + 1e-9
