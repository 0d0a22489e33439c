"""A judge's mean corrected by labels: it covers, it is worth it, and it does not trust blindly."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.corrected_mean import ENOUGH_LABELS, Corrected, corrected_mean

some = settings(max_examples=25, deadline=None)
share = st.floats(0, 1)
labelled = st.lists(st.tuples(share, share), min_size=ENOUGH_LABELS, max_size=40)
judged = st.lists(share, min_size=2, max_size=60)


def drawn(seed: int, *, rate: float, catches: float, clears: float) -> Corrected:
    """Correct a judge of known sensitivity and specificity: 80 labels, 800 without."""
    random = np.random.default_rng(seed)
    good = random.random(880) < rate
    right = random.random(880) < np.where(good, catches, clears)
    says = np.where(right, good, ~good).astype(float).tolist()
    labels = list(zip(good[:80].astype(float).tolist(), says[:80], strict=True))
    return corrected_mean(labels, says[80:])


@pytest.mark.parametrize(
    ("rate", "catches", "clears"),
    [(0.7, 0.9, 0.8), (0.9, 0.95, 0.6), (0.5, 0.6, 0.6)],
)
def test_it_covers_what_people_would_say(rate: float, catches: float, clears: float) -> None:
    results = [drawn(seed, rate=rate, catches=catches, clears=clears) for seed in range(400)]
    held = [one.interval.low <= rate <= one.interval.high for one in results if one.interval]
    # Two standard errors of a share of 400 beside 93 to 97 %.
    assert 0.91 <= sum(held) / 400 <= 0.99
    assert abs(sum(one.mean or 0 for one in results) / 400 - rate) < 0.01


def test_a_biased_judge_is_put_right_and_labels_are_worth_more() -> None:
    result = drawn(5, rate=0.7, catches=0.98, clears=0.7)
    assert result.judge_mean is not None
    assert result.interval is not None
    assert result.judge_mean > result.interval.high
    assert result.bias == pytest.approx(0.08, abs=0.05)
    assert result.interval.low < 0.7 < result.interval.high
    assert result.trust > 0.5
    assert result.worth > 1.5 * result.labels


def test_a_judge_who_guesses_costs_nothing() -> None:
    result = drawn(6, rate=0.7, catches=0.5, clears=0.5)
    assert result.trust < 0.2
    assert result.worth >= result.labels


def test_the_figures_worked_by_hand() -> None:
    # All means are 1/2; both said 1 in 8 of 20 labels, and the judge in half of all 100 cases.
    labels = [(1.0, 1.0)] * 8 + [(0.0, 0.0)] * 8 + [(1.0, 0.0)] * 2 + [(0.0, 1.0)] * 2
    result = corrected_mean(labels, [1.0, 0.0] * 40)
    covariance, spread = (8 - 20 * 0.25) / 19, 100 * 0.25 / 99
    assert result.trust == pytest.approx(covariance / spread / 1.25)
    assert (result.mean, result.bias) == pytest.approx((0.5, 0.0))
    assert "prediction-powered" in result.method


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_agreement_in_all_labels_is_no_certainty(score: float) -> None:
    labels = [(1.0, 1.0), (0.0, 0.0)] * 10
    found = corrected_mean(labels, [1.0, 0.0] * 5000).interval
    alike = corrected_mean([(score, score)] * 20, [score] * 5000).interval
    assert found is not None
    assert alike is not None
    assert found.high - found.low > 0.2
    assert alike.high - alike.low > 0.1


@some
@given(labelled, judged)
def test_it_lies_in_its_interval_and_is_no_worse_than_labels(
    pairs: list[tuple[float, float]], others: list[float]
) -> None:
    result = corrected_mean(pairs, others)
    assert result.mean is not None
    assert result.interval is not None
    assert 0 <= result.interval.low <= result.mean + 1e-9
    assert result.mean - 1e-9 <= result.interval.high <= 1
    assert 0 <= result.trust <= 1
    assert result.worth >= result.labels


@some
@given(labelled, judged)
def test_it_mirrors_passed_and_failed_and_moves_with_its_bounds(
    pairs: list[tuple[float, float]], others: list[float]
) -> None:
    usual = corrected_mean(pairs, others)
    mirrored = corrected_mean([(1 - p, 1 - j) for p, j in pairs], [1 - j for j in others])
    moved = [(2 * p - 1, 2 * j - 1) for p, j in pairs], [2 * j - 1 for j in others]
    wide = corrected_mean(*moved, bounds=(-1, 1))
    for result, low, high in ((mirrored, 1, 0), (wide, -1, 1)):
        width = high - low
        assert result.mean == pytest.approx(low + width * (usual.mean or 0), abs=1e-6)
        ends = sorted(low + width * end for end in usual.interval or ())
        assert result.interval == pytest.approx(ends, abs=1e-6)


@pytest.mark.parametrize("others", [[], [1.0] * 50])
def test_without_a_judge_s_spread_the_labels_speak_alone(others: list[float]) -> None:
    result = corrected_mean([(1.0, 1.0)] * 12 + [(0.0, 1.0)] * 4, others)
    assert (result.mean, result.trust, result.worth) == (0.75, 0.0, 16)
    assert "labels alone" in result.method


@pytest.mark.parametrize("n", [0, 1, ENOUGH_LABELS - 1])
def test_too_few_labels_correct_nothing(n: int) -> None:
    result = corrected_mean([(1.0, 0.0)] * n, [0.5, 1.0])
    assert (result.mean, result.interval, result.labels, result.judged) == (None, None, n, 2)
    assert "fewer than the 15" in result.method


@pytest.mark.parametrize("wrong", [([(1.2, 0.0)], []), ([(0.0, -1.0)], []), ([], [float("nan")])])
def test_what_is_no_score_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="is not a score"):
        corrected_mean(*wrong)


@some
@given(labelled, judged, st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_count(
    pairs: list[tuple[float, float]], others: list[float], random: Random
) -> None:
    usual = corrected_mean(pairs, others)
    mixed = corrected_mean(random.sample(pairs, len(pairs)), random.sample(others, len(others)))
    assert mixed.mean == pytest.approx(usual.mean, abs=1e-9)
    assert mixed.interval == pytest.approx(usual.interval, abs=1e-9)
