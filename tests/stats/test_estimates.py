"""Estimates: one set of questions, three kinds of answer, all in one tune with their interval."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.estimates import (
    AlikeEstimate,
    Estimate,
    MeanEstimate,
    RateEstimate,
    estimate,
    rate_estimate,
    shortage,
)
from evalsite.stats.intervals import clopper_pearson, mean_t

rates = st.builds(
    lambda gained, lost, alike: RateEstimate(gained, lost, gained + lost + alike),
    *(st.integers(0, 100), st.integers(0, 100), st.integers(1, 300)),
)
means = st.builds(
    lambda effect, se, units, skew: MeanEstimate(effect, se, units, "", skew * units**0.5),
    *(st.floats(-0.9, 0.9), st.floats(0.001, 0.3), st.integers(2, 400), st.floats(-0.9, 0.9)),
)
alikes = st.builds(
    lambda effect, units: AlikeEstimate(effect, units, 1.0),
    *(st.floats(-0.9, 0.9), st.integers(2, 400)),
)
estimates: st.SearchStrategy[Estimate] = st.one_of(rates, means, alikes)


@given(estimates, st.floats(0.5, 0.99))
def test_the_interval_ends_where_p_does(found: Estimate, confidence: float) -> None:
    low, high = found.interval(confidence=confidence)
    tail = (1 - confidence) / 2
    assert low <= found.effect + 1e-9
    assert found.effect <= high + 1e-9
    if low > -1 + 1e-6:
        assert found.p_above(low) == pytest.approx(tail, abs=1e-4)
    if high < 1 - 1e-6:
        assert found.p_below(high) == pytest.approx(tail, abs=1e-4)


@given(estimates, st.floats(-0.99, 0.99), st.floats(-0.99, 0.99))
def test_a_lower_bound_is_easier_to_be_above(found: Estimate, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= found.p_above(low) <= found.p_above(high) + 1e-9 <= 1 + 1e-9
    assert 0 <= found.p_below(high) <= found.p_below(low) + 1e-9 <= 1 + 1e-9


@given(estimates)
def test_more_confidence_is_wider(found: Estimate) -> None:
    narrow, wide = found.interval(confidence=0.8), found.interval()
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12


def test_without_skew_a_mean_is_student_s() -> None:
    values = [0.1, 0.4, 0.2, 0.3, 0.0, 0.5]
    found = estimate([0.0] * 6, values)
    assert isinstance(found, MeanEstimate)
    assert found.skew == pytest.approx(0.0, abs=1e-9)
    assert found.interval() == pytest.approx(mean_t(values), abs=1e-9)


def test_a_long_tail_above_moves_the_interval_up() -> None:
    values = [0.0] * 15 + [0.1] * 10 + [0.9] * 5
    found, plain = estimate([0.0] * 30, values), mean_t(values)
    assert isinstance(found, MeanEstimate)
    assert plain is not None
    assert found.skew > 1
    assert found.interval().low > plain.low
    assert found.interval().high > plain.high


paired = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=40)


@given(paired, st.floats(-0.9, 0.9))
def test_before_and_after_mirror(pairs: list[tuple[float, float]], bound: float) -> None:
    before, after = [a for a, _ in pairs], [b for _, b in pairs]
    there, back = estimate(before, after), estimate(after, before)
    assert there is not None
    assert back is not None
    assert there.p_above(bound) == pytest.approx(back.p_below(-bound), abs=1e-9)


@pytest.mark.parametrize(
    ("before", "after", "clusters", "kind"),
    [
        ([0, 1] * 10, [1, 1] * 10, None, RateEstimate),
        ([0, 1] * 10, [0, 1] * 10, None, RateEstimate),
        ([0, 1] * 10, [1, 1] * 10, [i // 2 for i in range(20)], MeanEstimate),
        ([0.5] * 20, [0.5, 0.7] * 10, None, MeanEstimate),
        ([0.5] * 20, [0.75] * 20, None, AlikeEstimate),
    ],
)
def test_the_kind_follows_the_scores(
    before: Sequence[float],
    after: Sequence[float],
    clusters: Sequence[int] | None,
    kind: type[Estimate],
) -> None:
    found = estimate(before, after, clusters=clusters)
    assert type(found) is kind
    assert found.lacking == ""


def test_fewer_than_two_units_estimate_nothing() -> None:
    assert estimate([], []) is None
    assert estimate([0.5], [0.7]) is None
    assert estimate([0.5] * 9, [0.7] * 9, clusters=["a"] * 9) is None


def test_clusters_that_cancel_are_not_certainty() -> None:
    before, after = [0.5] * 20, [0.4, 0.6] * 10
    found = estimate(before, after, clusters=[i // 2 for i in range(20)])
    assert isinstance(found, MeanEstimate)
    assert found.se > 0.02


def test_a_wider_scale_leaves_more_room_for_the_unseen() -> None:
    unit, stars = (estimate([3.0] * 20, [3.0] * 20, span=span) for span in (1.0, 4.0))
    assert unit is not None
    assert stars is not None
    assert stars.interval().high == pytest.approx(4 * unit.interval().high)


def test_what_could_be_missed_is_the_exact_interval_s() -> None:
    assert AlikeEstimate(0.0, 40, 1.0).interval().high == pytest.approx(clopper_pearson(0, 40).high)


@pytest.mark.parametrize(
    ("pairs", "clusters", "said"),
    [
        (14, None, "14 pairs are fewer than the 15"),
        (15, None, ""),
        (40, 4, "4 clusters are fewer than the 5"),
        (40, 5, ""),
        (14, 4, "14 pairs"),
    ],
)
def test_too_little_is_said(pairs: int, clusters: int | None, said: str) -> None:
    assert shortage(pairs, clusters=clusters).startswith(said)
    assert bool(shortage(pairs, clusters=clusters)) == bool(said)


@pytest.mark.parametrize("shift", [0.0, 40.0])
def test_a_scale_without_end_is_as_wide_as_what_was_seen(shift: float) -> None:
    before = [100.0 + 30 * (i % 5) for i in range(40)]
    found = estimate(before, [b + shift for b in before], span=0)
    assert isinstance(found, AlikeEstimate)
    assert found.span == 120 + shift
    assert found.interval().low < shift < found.interval().high


@settings(max_examples=30)
@given(paired, st.floats(-0.9, 0.9), st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter(
    pairs: list[tuple[float, float]], bound: float, random: Random
) -> None:
    keys = [i % 7 for i in range(len(pairs))]
    order = random.sample(range(len(pairs)), len(pairs))
    for clusters in (None, keys):
        one, other = (
            estimate(
                [pairs[i][0] for i in given],
                [pairs[i][1] for i in given],
                clusters=clusters and [clusters[i] for i in given],
            )
            for given in (range(len(pairs)), order)
        )
        assert one is not None
        assert other is not None
        assert other.p_above(bound) == pytest.approx(one.p_above(bound), abs=1e-9)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60))
def test_rates_are_counted_from_differences(values: list[float]) -> None:
    found = rate_estimate(np.array(values))
    assert found.effect == pytest.approx(sum(values) / len(values))
    assert found.gained + found.lost == sum(v != 0 for v in values)
    turned = rate_estimate(-np.array(values))
    assert (turned.gained, turned.lost) == (found.lost, found.gained)


@given(st.integers(0, 100), st.integers(0, 100))
def test_more_pairs_and_clusters_never_lack_more(pairs: int, clusters: int) -> None:
    lacks = bool(shortage(pairs, clusters=clusters))
    assert lacks >= bool(shortage(pairs + 1, clusters=clusters))
    assert lacks >= bool(shortage(pairs, clusters=clusters + 1))
    assert lacks >= bool(shortage(pairs))
