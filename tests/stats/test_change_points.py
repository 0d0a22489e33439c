"""Shifts of a finished series: found where planted, rarely found where there is none."""

from __future__ import annotations

from itertools import permutations
from random import Random
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.change_points import (
    ENOUGH_VALUES,
    LEAST,
    Change,
    checked_series,
    find_change,
    find_changes,
)

# Sums and shifts of these are exact, so that what is equal by design is equal in the machine too.
series = st.lists(st.integers(-99, 99).map(float), min_size=ENOUGH_VALUES, max_size=30)
uneven = series.filter(lambda values: len(set(values)) > 1)
distinct = st.lists(
    st.integers(-999, 999).map(float), unique=True, min_size=ENOUGH_VALUES, max_size=30
)
few = settings(max_examples=25)


def found(values: list[float], *, weights: list[float] | None = None) -> Change:
    change = find_change(values, weights=weights, draws=999)
    assert change is not None
    return change


def shifted(n: int, *, at: int, by: float, seed: int) -> list[float]:
    """Values that spread by 1 and shift."""
    drawn = np.random.default_rng(seed).normal(size=n)
    return list((drawn + by * (np.arange(n) >= at)).tolist())


@few
@given(uneven)
def test_p_and_place_are_within_bounds(values: list[float]) -> None:
    change = found(values)
    assert 0 < change.p_value <= 1
    assert LEAST <= change.at <= len(values) - LEAST
    assert change.before == pytest.approx(sum(values[: change.at]) / change.at)
    assert change.after == pytest.approx(sum(values[change.at :]) / (len(values) - change.at))


@few
@given(uneven, st.integers(-50, 50), st.sampled_from([0.25, 2.0, 8.0]))
def test_shift_and_scale_do_not_matter(values: list[float], by: int, times: float) -> None:
    plain, moved = found(values), found([times * v + by for v in values])
    assert (moved.at, moved.p_value) == (plain.at, plain.p_value)
    assert moved.after == pytest.approx(times * plain.after + by)


@few
@given(distinct)
def test_upside_down_and_backwards_are_as_likely(values: list[float]) -> None:
    plain = found(values).p_value
    assert found([-v for v in values]).p_value == pytest.approx(plain, rel=0.4, abs=0.01)
    assert found(values[::-1]).p_value == plain


@few
@given(uneven)
def test_equal_weights_are_none(values: list[float]) -> None:
    even, plain = found(values, weights=[4.0] * len(values)), found(values)
    assert even.p_value == pytest.approx(plain.p_value, rel=0.4, abs=0.02)


def test_the_order_is_what_counts() -> None:
    values = shifted(40, at=25, by=3, seed=1)
    assert found(values).p_value < 0.005
    mixed = [found(Random(seed).sample(values, 40)).p_value for seed in range(9)]
    assert sum(p > 0.05 for p in mixed) >= 7


def test_the_seed_repeats_the_draw() -> None:
    values = shifted(40, at=20, by=0.8, seed=3)
    assert find_change(values, seed=1) == find_change(values, seed=1)
    assert find_change(values, seed=1) != find_change(values, seed=2)


def test_p_is_the_share_of_all_orders_that_are_as_extreme() -> None:
    values = [1.0, 2.0, 5.0, 3.0, 11.0, 4.0, 13.0, 14.0]
    ranks = np.array(list(permutations([1, 2, 5, 3, 6, 4, 7, 8])))
    scores = np.vectorize(NormalDist().inv_cdf)(np.arange(1, 9) / 9)[ranks - 1]
    splits = range(LEAST, 8 - LEAST + 1)
    apart = [
        abs(scores[:, :k].mean(axis=1) - scores[:, k:].mean(axis=1)) / (1 / k + 1 / (8 - k)) ** 0.5
        for k in splits
    ]
    most = np.max(apart, axis=0)
    change = found(values)
    assert change.at == splits[int(np.argmax([row[0] for row in apart]))]
    assert change.p_value == pytest.approx((most >= most[0] - 1e-9).mean(), rel=0.35)


@pytest.mark.parametrize(("by", "near"), [(1.5, 24), (-2.0, 27), (4.0, 30)])
def test_a_shift_is_found_where_it_was_planted(by: float, near: int) -> None:
    changes = [found(shifted(100, at=60, by=by, seed=seed)) for seed in range(30)]
    assert sum(abs(change.at - 60) <= 3 for change in changes) >= near
    assert all(change.p_value < 0.01 for change in changes)


def test_quiet_series_are_called_shifted_as_seldom_as_said() -> None:
    for n, seed in ((10, 4), (60, 5)):
        drawn = np.random.default_rng(seed).normal(size=(400, n))
        ps = np.array([found(row).p_value for row in drawn.tolist()])
        for alpha in (0.05, 0.2, 0.5):
            assert (ps <= alpha).mean() <= alpha + 3 * (alpha * (1 - alpha) / 400) ** 0.5
        assert (ps <= 0.5).mean() > 0.35


def test_growing_precision_is_no_shift() -> None:
    # Early versions ran 10 cases, later ones 1,000: weights tell, and the spread is no shift.
    cases = np.array([10.0] * 20 + [1000.0] * 20)
    drawn = np.random.default_rng(6).normal(size=(200, 40)) / cases**0.5
    ps = np.array([found(row, weights=cases.tolist()).p_value for row in drawn.tolist()])
    assert 0.01 <= (ps <= 0.1).mean() <= 0.17


@pytest.mark.parametrize("at", [0, 10, 19])
def test_one_bad_version_is_no_shift(at: int) -> None:
    series = [shifted(20, at=20, by=0, seed=seed) for seed in range(60)]
    ps = [found([*one[:at], -1000.0, *one[at + 1 :]]).p_value for one in series]
    assert sum(p <= 0.05 for p in ps) <= 9
    assert min(ps) > 0.001


def test_two_shifts_are_found_in_order() -> None:
    values = [*shifted(60, at=30, by=4, seed=1), *shifted(30, at=30, by=0, seed=9)]
    first, second = find_changes(values)
    assert (first.at, second.at) == pytest.approx((30, 60), abs=1)
    assert first.after == second.before == pytest.approx(4, abs=0.5)
    assert (first.before, second.after) == pytest.approx((0, 0), abs=0.5)


@few
@given(series)
def test_many_shifts_begin_with_the_likeliest(values: list[float]) -> None:
    one, every = find_change(values), find_changes(values, alpha=0.2)
    assert bool(every) == (one is not None and one.p_value <= 0.2)
    assert [change.at for change in every] == sorted({change.at for change in every})
    assert not every or (one is not None and one.at in [change.at for change in every])


@pytest.mark.parametrize("values", [[], [0.5], [0.1, 0.9] * 3, [0.7] * 50])
def test_too_short_or_all_alike_shows_nothing(values: list[float]) -> None:
    assert find_change(values) is None
    assert find_changes(values) == []


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="no finite number"):
        find_change([0.5] * 20 + [bad])


@pytest.mark.parametrize("weights", [[1.0] * 9, [1.0] * 9 + [0.0], [1.0] * 9 + [float("nan")]])
def test_a_weight_is_above_0(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="one weight"):
        find_change([0.5, 0.6] * 5, weights=weights)


@few
@given(series)
def test_a_series_is_taken_as_it_is(values: list[float]) -> None:
    x, w = checked_series(values, None)
    assert x.tolist() == values
    assert w.tolist() == [1.0] * len(values)
    with pytest.raises(ValueError, match="one weight"):
        checked_series(values, [1.0] * (len(values) + 1))
