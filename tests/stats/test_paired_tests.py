"""Sign flips counted by hand, drawn, and by cluster; and the signed ranks."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.paired_tests import sign_flip, wilcoxon

# Sums of these are exact, so that what is equal by design is equal in the machine too.
few = st.lists(st.integers(-1024, 1024).map(lambda n: n / 1024), max_size=8)
many = st.lists(st.integers(-100, 100).map(lambda i: i / 100), min_size=20, max_size=40)


def by_hand(differences: list[float]) -> float:
    """Every flip of every difference."""
    flipped = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(f >= flipped[0] - 1e-9 for f in flipped) / len(flipped)


@given(st.lists(st.integers(-20, 20), max_size=8))
def test_few_flips_are_all_counted(tenths: list[int]) -> None:
    differences = [t / 10 for t in tenths]
    assert sign_flip(differences) == pytest.approx(by_hand(differences))


def test_many_flips_are_drawn_near_the_true_share() -> None:
    # 20 ones, 14 up: as likely as a coin that falls 14 times or more, or 6 or fewer, of 20.
    assert sign_flip([1.0] * 14 + [-1.0] * 6) == pytest.approx(0.11532, abs=0.01)
    assert sign_flip([1.0] * 20) == 1 / 10_000


@pytest.mark.parametrize("differences", [[], [0.0], [0.0] * 30, [0.5, -0.5], [1e-17] * 20])
def test_nothing_that_differs_is_1(differences: list[float]) -> None:
    assert sign_flip(differences) == 1.0


def test_money_differs_too() -> None:
    assert sign_flip([2e-7] * 10) == pytest.approx(2 / 2**10)


@settings(max_examples=30)
@given(many, st.randoms(use_true_random=False))
def test_flips_ignore_order_direction_and_scale(values: list[float], random: Random) -> None:
    p = sign_flip(values)
    assert 0 < p <= 1
    assert sign_flip(random.sample(values, len(values))) == p
    assert sign_flip([-v for v in values]) == p
    assert sign_flip([4 * v for v in values]) == p


@given(few)
def test_zeros_change_nothing(values: list[float]) -> None:
    assert sign_flip(values) == sign_flip([*values, 0.0, 0.0])


@given(few)
def test_a_cluster_of_copies_is_one_vote(values: list[float]) -> None:
    copies = [v for v in values for _ in range(4)]
    keys = [i // 4 for i in range(len(copies))]
    assert sign_flip(copies, clusters=keys) == sign_flip(values)


def test_five_clusters_cannot_reach_5_percent() -> None:
    assert sign_flip([0.3] * 50, clusters=[i % 5 for i in range(50)]) == 0.0625


def test_the_seed_repeats_the_draw() -> None:
    random = Random(2)
    values = [random.uniform(-1, 1) for _ in range(30)]
    assert sign_flip(values, seed=1) == sign_flip(values, seed=1)
    assert sign_flip(values, seed=1) != sign_flip(values, seed=2)


def test_wilcoxon_of_the_textbook() -> None:
    # Hollander & Wolfe, example 3.1: W+ is 5 of nine, so z = (5 - 22.5) / sqrt(71.25).
    depression = [-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010]
    assert wilcoxon(depression) == pytest.approx(0.038152, abs=1e-5)


@pytest.mark.parametrize("differences", [[], [0.0], [0.0] * 9])
def test_wilcoxon_of_nothing_that_differs_is_1(differences: list[float]) -> None:
    assert wilcoxon(differences) == 1.0


@given(st.lists(st.floats(-1, 1), max_size=40), st.randoms(use_true_random=False))
def test_wilcoxon_ignores_order_and_direction(values: list[float], random: Random) -> None:
    p = wilcoxon(values)
    assert 0 <= p <= 1
    assert wilcoxon(random.sample(values, len(values))) == pytest.approx(p)
    assert wilcoxon([-v for v in values]) == pytest.approx(p)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=40))
def test_wilcoxon_sees_ranks_only(values: list[float]) -> None:
    cubes = [round(v, 3) ** 3 for v in values]
    assert wilcoxon(cubes) == pytest.approx(wilcoxon([round(v, 3) for v in values]))
