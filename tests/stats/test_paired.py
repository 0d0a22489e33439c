"""Which test is taken for which pairs, and silence where there is too little."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.bootstrap import bca
from evalsite.stats.clusters import clustered_t
from evalsite.stats.estimates import ENOUGH_PAIRS
from evalsite.stats.intervals import mean_t
from evalsite.stats.paired import PairedResult, Test, compare_pass, compare_scores
from evalsite.stats.paired_rates import mcnemar, mcnemar_mid_p, tango
from evalsite.stats.paired_tests import sign_flip

# Regression.method holds no more.
MOST_LETTERS = 200


def graded(n: int, *, shift: float = 0.0, seed: int = 5) -> tuple[list[float], list[float]]:
    """Scores in 0..1 of n cases, before and after."""
    random = Random(seed)
    before = [random.uniform(0.2, 0.8) for _ in range(n)]
    return before, [b + random.uniform(-0.2, 0.2) + shift for b in before]


def apart(before: Sequence[float], after: Sequence[float]) -> list[float]:
    return [b - a for a, b in zip(before, after, strict=True)]


def test_too_few_pairs_give_an_effect_but_no_verdict() -> None:
    result = compare_pass(worse=ENOUGH_PAIRS - 1, better=0, both_passed=0, both_failed=0)
    assert (result.effect, result.interval, result.p_value) == (-1.0, None, None)
    assert "fewer than the 15" in result.method
    assert result.needs_review
    assert result.more_cases == 1


def test_no_pairs_give_nothing() -> None:
    result = compare_pass(worse=0, better=0, both_passed=0, both_failed=0)
    assert (result.n, result.effect, result.p_value) == (0, None, None)


def test_enough_pairs_name_the_method_and_why() -> None:
    result = compare_pass(worse=9, better=1, both_passed=70, both_failed=20)
    assert result.effect == pytest.approx(-0.08)
    assert result.p_value == pytest.approx(0.021484375)
    assert result.interval == tango(1, 9, n=100)
    assert "exact McNemar" in result.method
    assert "10 of them changed" in result.method
    assert (result.test, result.more_cases) == (Test.EXACT_MCNEMAR, 0)


def test_no_difference_is_said_not_failed() -> None:
    result = compare_pass(worse=0, better=0, both_passed=40, both_failed=2)
    assert (result.effect, result.p_value) == (0.0, 1.0)
    assert (result.needs_review, result.more_cases) == (False, None)


@pytest.mark.parametrize(
    ("worse", "test", "p"),
    [
        (14, Test.EXACT_MCNEMAR, mcnemar(14, 10)),
        (15, Test.MID_P_MCNEMAR, mcnemar_mid_p(15, 10)),
    ],
)
def test_25_changed_pairs_are_many(worse: int, test: Test, p: float) -> None:
    result = compare_pass(worse=worse, better=10, both_passed=50, both_failed=5)
    assert (result.test, result.p_value) == (test, p)


def test_many_changed_pairs_have_tango_s_interval() -> None:
    result = compare_pass(worse=20, better=10, both_passed=50, both_failed=20)
    assert result.interval == tango(10, 20, n=100)
    assert "mid-p McNemar" in result.method


def test_an_undecided_comparison_says_how_many_more_cases_it_needs() -> None:
    few = compare_pass(worse=8, better=3, both_passed=80, both_failed=9)
    more = few.more_cases
    assert few.p_value == pytest.approx(0.2265625)
    assert more is not None
    assert 200 < more < 400
    settled = compare_pass(worse=32, better=12, both_passed=320, both_failed=36)
    assert settled.more_cases == 0


def test_zeros_and_ones_are_compared_as_pass_or_fail() -> None:
    before, after = [1.0] * 20 + [0.0] * 10, [1.0] * 12 + [0.0] * 17 + [1.0]
    wanted = compare_pass(worse=8, better=1, both_passed=12, both_failed=9)
    assert compare_scores(before, after) == wanted


def test_graded_scores_have_their_signs_flipped() -> None:
    before, after = graded(40, shift=0.08)
    result, differences = compare_scores(before, after, seed=3), apart(before, after)
    assert result.test is Test.SIGN_FLIP
    assert result.p_value == sign_flip(differences, seed=3)
    assert result.interval == bca(differences, seed=3)
    assert "BCa" in result.method


def test_many_graded_scores_are_tested_by_t() -> None:
    before, after = graded(301)
    result = compare_scores(before, after)
    assert result.test is Test.T
    assert result.interval == pytest.approx(mean_t(apart(before, after)), abs=1e-3)


def test_clusters_flip_as_one() -> None:
    before, after = graded(60, shift=0.05)
    keys = [f"document {i % 12}" for i in range(60)]
    result, differences = compare_scores(before, after, clusters=keys), apart(before, after)
    assert (result.test, result.clusters) == (Test.SIGN_FLIP_BY_CLUSTER, 12)
    assert result.p_value == sign_flip(differences, clusters=keys)
    assert result.interval == pytest.approx(clustered_t(differences, keys), abs=0.01)
    assert "in 12 clusters" in result.method


def test_many_clusters_are_tested_by_a_clustered_t() -> None:
    before, after = graded(700)
    result = compare_scores(before, after, clusters=[i // 2 for i in range(700)])
    assert (result.test, result.clusters) == (Test.CLUSTERED_T, 350)


def test_pass_or_fail_in_clusters_is_not_taken_for_independent() -> None:
    before, after = [1.0] * 40, [0.0] * 10 + [1.0] * 30
    alone = compare_scores(before, after)
    together = compare_scores(before, after, clusters=[i // 5 for i in range(40)])
    assert (alone.test, together.test) == (Test.EXACT_MCNEMAR, Test.SIGN_FLIP_BY_CLUSTER)
    assert alone.p_value == mcnemar(10, 0)
    assert together.p_value == 0.5


def test_clusters_of_one_are_none() -> None:
    before, after = graded(30)
    assert compare_scores(before, after, clusters=range(30)) == compare_scores(before, after)


@pytest.mark.parametrize("n", [0, 1, 2, ENOUGH_PAIRS - 1])
def test_too_few_scores_need_review(n: int) -> None:
    result = compare_scores(*graded(n))
    assert (result.needs_review, result.interval, result.test) == (True, None, Test.NONE)
    assert (result.effect is None) == (n == 0)
    assert "fewer than the 15" in result.method


@pytest.mark.parametrize("groups", [1, 4])
def test_too_few_clusters_need_review(groups: int) -> None:
    before, after = graded(40)
    result = compare_scores(before, after, clusters=[i % groups for i in range(40)])
    assert (result.p_value, result.clusters) == (None, groups)
    assert f"{groups} clusters are fewer than the 5" in result.method


def test_scores_all_the_same_as_before_are_no_difference_and_no_certainty() -> None:
    before, _ = graded(40)
    result = compare_scores(before, before)
    assert (result.effect, result.p_value) == (0.0, 1.0)
    # With 40 cases, 8.8 % of all could be missed by bad luck of 1 in 40.
    assert result.interval == pytest.approx((-0.0881, 0.0881), abs=1e-4)


def test_scores_all_higher_by_the_same_are_better() -> None:
    result = compare_scores([0.25] * 20, [0.5] * 20)
    assert result.p_value is not None
    assert result.interval is not None
    assert result.p_value == pytest.approx(sign_flip([0.25] * 20), abs=1e-3)
    assert result.p_value == 2 / 2**20
    assert 0 < result.interval.low < 0.25 < result.interval.high


def test_differences_that_cancel_are_no_difference() -> None:
    result = compare_scores([0.5] * 20, [0.4, 0.6] * 10)
    assert result.effect == pytest.approx(0.0, abs=1e-12)
    assert (result.p_value, result.more_cases) == (1.0, None)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="no finite number"):
        compare_scores([0.5] * 20, [0.5] * 19 + [bad])


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="are no pairs"):
        compare_scores([0.5] * 20, [0.5] * 19)
    with pytest.raises(ValueError, match="19 clusters for 20 cases"):
        compare_scores([0.5] * 20, [0.5] * 20, clusters=range(19))


scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=40)


@settings(max_examples=40)
@given(scores, st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(
    pairs: list[tuple[float, float]], random: Random
) -> None:
    mixed = random.sample(pairs, len(pairs))
    assert told(pairs) == pytest.approx(told(mixed), abs=1e-12)


@settings(max_examples=40)
@given(scores)
def test_before_and_after_mirror(pairs: list[tuple[float, float]]) -> None:
    there, back = told(pairs), told([(b, a) for a, b in pairs])
    assert there[0] == pytest.approx(-back[0], abs=1e-12)
    assert there[1] == pytest.approx(back[1], abs=1e-12)


@settings(max_examples=40)
@given(scores)
def test_every_result_is_whole(pairs: list[tuple[float, float]]) -> None:
    result = compared(pairs)
    assert len(result.method) <= MOST_LETTERS
    assert result.needs_review == (len(pairs) < ENOUGH_PAIRS) == (result.interval is None)
    if result.interval is not None and result.effect is not None:
        assert result.interval.low - 1e-9 <= result.effect <= result.interval.high + 1e-9


def compared(pairs: Sequence[tuple[float, float]]) -> PairedResult:
    return compare_scores([a for a, _ in pairs], [b for _, b in pairs])


def told(pairs: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Effect, p and interval as numbers; what is not there is -9."""
    result = compared(pairs)
    effect = 0.0 if result.effect is None else result.effect
    p = -9.0 if result.p_value is None else result.p_value
    return effect, p, *(result.interval or (-9.0, -9.0))


def test_arrays_are_compared_as_lists_are() -> None:
    before, after = graded(60, shift=0.03)
    keys = [i % 12 for i in range(60)]
    arrays = np.array(before), np.array(after)
    assert compare_scores(*arrays) == compare_scores(before, after)
    assert compare_scores(*arrays, clusters=np.array(keys)) == compare_scores(
        before, after, clusters=[f"document {key}" for key in keys]
    )


counts = st.integers(0, 120)


@given(counts, counts, counts, counts)
def test_a_table_mirrors_before_and_after(a: int, b: int, c: int, d: int) -> None:
    there = compare_pass(worse=a, better=b, both_passed=c, both_failed=d)
    back = compare_pass(worse=b, better=a, both_passed=c, both_failed=d)
    assert (there.p_value, there.test, there.more_cases) == (
        back.p_value,
        back.test,
        back.more_cases,
    )
    assert there.effect == (None if back.effect is None else pytest.approx(-back.effect))
    if there.interval and back.interval:
        assert there.interval == pytest.approx((-back.interval.high, -back.interval.low), abs=1e-9)
        assert -1 <= there.interval.low <= (there.effect or 0) <= there.interval.high <= 1


@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 60))
def test_the_farther_apart_the_smaller_p(better: int, apart: int, more: int) -> None:
    near, far = (
        compare_pass(worse=better + by, better=better, both_passed=40, both_failed=0)
        for by in (apart, apart + more)
    )
    assert near.p_value is not None
    assert far.p_value is not None
    assert 0 < far.p_value <= near.p_value + 1e-12 <= 1 + 1e-12
