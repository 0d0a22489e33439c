"""Clustered standard errors: by hand, of copies, and without clusters."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.clusters import (
    clustered_se,
    clustered_t,
    design_effect,
    leftovers,
    totals,
)
from evalsite.stats.intervals import mean_t

cases = st.lists(st.tuples(st.floats(-1, 1), st.integers(0, 6)), min_size=2, max_size=40)
values = st.lists(st.floats(-1, 1), min_size=2, max_size=40)


def test_three_clusters_by_hand() -> None:
    # Mean 2; what is left over sums to -2, 0 and 2 by cluster: sqrt(4 + 0 + 4) / 6.
    scores, keys = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0], list("aabbcc")
    assert clustered_se(scores, keys, corrected=False) == pytest.approx(math.sqrt(8) / 6)
    assert clustered_se(scores, keys) == pytest.approx(math.sqrt(8 * 3 / 2) / 6)


@given(values)
def test_clusters_of_one_give_the_plain_standard_error(scores: list[float]) -> None:
    plain = stdev(scores) / math.sqrt(len(scores))
    assert clustered_se(scores, range(len(scores))) == pytest.approx(plain, abs=1e-12)
    assert clustered_t(scores, range(len(scores))) == pytest.approx(mean_t(scores), abs=1e-9)


@given(values, st.integers(2, 5))
def test_copies_add_nothing(scores: list[float], times: int) -> None:
    copies = [v for v in scores for _ in range(times)]
    keys = [i // times for i in range(len(copies))]
    once = clustered_se(scores, range(len(scores)))
    assert clustered_se(copies, keys) == pytest.approx(once, abs=1e-12)


@given(cases, st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(pairs: list[tuple[float, int]], random: Random) -> None:
    mixed = random.sample(pairs, len(pairs))
    plain = clustered_se([v for v, _ in pairs], [c for _, c in pairs])
    other = clustered_se([v for v, _ in mixed], [f"document {c}" for _, c in mixed])
    assert other == plain or other == pytest.approx(plain, abs=1e-12)


@given(cases)
def test_shift_changes_nothing_and_scale_scales(pairs: list[tuple[float, int]]) -> None:
    scores, keys = [v for v, _ in pairs], [c for _, c in pairs]
    plain = clustered_se(scores, keys)
    moved = clustered_se([3 - 2 * v for v in scores], keys)
    assert (plain is None) == (moved is None) == (len(set(keys)) < 2)
    assert plain is None or moved == pytest.approx(2 * plain, abs=1e-9)


@given(cases)
def test_the_interval_holds_the_mean_and_widens(pairs: list[tuple[float, int]]) -> None:
    scores, keys = [v for v, _ in pairs], [c for _, c in pairs]
    narrow, wide = clustered_t(scores, keys, confidence=0.8), clustered_t(scores, keys)
    if narrow is not None and wide is not None:
        assert wide.low <= narrow.low <= fmean(scores) + 1e-12
        assert fmean(scores) - 1e-12 <= narrow.high <= wide.high


@pytest.mark.parametrize("n", [0, 1, 9])
def test_fewer_than_two_clusters_have_no_spread(n: int) -> None:
    scores, keys = [0.5] * n, ["a"] * n
    assert clustered_se(scores, keys) is None
    assert clustered_t(scores, keys) is None
    assert design_effect(scores, keys) is None


def test_values_all_alike_have_no_error_and_no_design_effect() -> None:
    assert clustered_se([0.25] * 8, list("aabbccdd")) == 0.0
    assert design_effect([0.25] * 8, list("aabbccdd")) is None


def test_ten_copies_are_worth_a_tenth() -> None:
    random = Random(3)
    copies = [v for v in (random.gauss(0, 1) for _ in range(200)) for _ in range(10)]
    assert design_effect(copies, [i // 10 for i in range(2000)]) == pytest.approx(10, rel=0.01)


def test_totals_forget_the_order() -> None:
    sums, sizes = totals([0.1, 0.2, 0.3, 0.7], list("abab"))
    assert sums == pytest.approx([0.4, 0.9])
    assert sizes.tolist() == [2, 2]
    mixed = totals([0.7, 0.3, 0.2, 0.1], list("baba"))
    assert [part.tolist() for part in mixed] == [sums.tolist(), sizes.tolist()]


def test_a_case_without_its_cluster_is_refused() -> None:
    with pytest.raises(ValueError, match="1 clusters for 2 values"):
        clustered_se([0.1, 0.2], ["a"])


@settings(max_examples=30)
@given(cases)
def test_leftovers_are_what_is_beyond_the_mean(pairs: list[tuple[float, int]]) -> None:
    scores, keys = [v for v, _ in pairs], [c for _, c in pairs]
    sums, sizes = totals(scores, keys)
    left = leftovers(scores, keys)
    assert left.sum() == pytest.approx(0, abs=1e-12)
    assert left == pytest.approx(sums - sizes * fmean(scores), abs=1e-12)


@settings(max_examples=30)
@given(cases, st.randoms(use_true_random=False))
def test_totals_add_up_in_any_order(pairs: list[tuple[float, int]], random: Random) -> None:
    mixed = random.sample(pairs, len(pairs))
    one, other = (totals([v for v, _ in given], [c for _, c in given]) for given in (pairs, mixed))
    assert one[0].tolist() == other[0].tolist()
    assert one[1].sum() == len(pairs)
    assert one[0].sum() == pytest.approx(math.fsum(v for v, _ in pairs), abs=1e-12)


@given(values.filter(lambda scores: stdev(scores) > 1e-3), st.integers(2, 5))
def test_a_design_effect_is_what_copies_cost(scores: list[float], times: int) -> None:
    n = len(scores)
    keys = [i // times for i in range(n * times)]
    copies = design_effect([v for v in scores for _ in range(times)], keys)
    # Copies have the error of n cases, where n x times independent ones would have less.
    assert copies == pytest.approx((n * times - 1) / (n - 1), rel=1e-6)
    assert design_effect(scores, range(n)) == pytest.approx(1.0)
    assert design_effect([5 - 3 * v for v in scores], range(n)) == pytest.approx(1.0)
