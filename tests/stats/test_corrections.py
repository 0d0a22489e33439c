"""Corrections: by hand, in order of strength, and by their promise under pure luck."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.corrections import benjamini_hochberg, bonferroni, holm

Correction = Callable[[Sequence[float]], list[float]]
ALL: list[Correction] = [bonferroni, holm, benjamini_hochberg]
p_values = st.lists(st.floats(0, 1), max_size=30)
every = pytest.mark.parametrize("correct", ALL)


@pytest.mark.parametrize(
    ("correct", "wanted"),
    [
        (bonferroni, [0.04, 0.16, 0.12, 0.02]),
        (holm, [0.03, 0.06, 0.06, 0.02]),
        (benjamini_hochberg, [0.02, 0.04, 0.04, 0.02]),
    ],
)
def test_four_by_hand(correct: Correction, wanted: list[float]) -> None:
    assert correct([0.01, 0.04, 0.03, 0.005]) == pytest.approx(wanted)


@every
def test_none_and_one_are_left_alone(correct: Correction) -> None:
    assert correct([]) == []
    assert correct([0.03]) == [0.03]
    assert correct([1.0, 1.0]) == [1.0, 1.0]


@every
@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_chance_is_refused(correct: Correction, bad: float) -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        correct([0.5, bad])


@given(p_values)
def test_each_is_as_strict_as_it_says(ps: list[float]) -> None:
    for raw, bh, h, b in zip(ps, benjamini_hochberg(ps), holm(ps), bonferroni(ps), strict=True):
        assert raw <= bh + 1e-15
        assert bh <= h + 1e-15
        assert h <= b + 1e-15
        assert b <= 1


@given(p_values)
def test_the_ranking_stays(ps: list[float]) -> None:
    for correct in ALL:
        adjusted = [a for _, a in sorted(zip(ps, correct(ps), strict=True))]
        assert adjusted == sorted(adjusted)


@given(p_values, st.randoms(use_true_random=False))
def test_each_p_keeps_its_place(ps: list[float], random: Random) -> None:
    order = random.sample(range(len(ps)), len(ps))
    for correct in ALL:
        plain, mixed = correct(ps), correct([ps[i] for i in order])
        assert mixed == pytest.approx([plain[i] for i in order], abs=1e-15)


@given(p_values, st.floats(0, 1))
def test_a_smaller_p_never_raises_one(ps: list[float], share: float) -> None:
    for correct in ALL:
        lower = correct([share * p for p in ps])
        assert all(low <= p + 1e-12 for low, p in zip(lower, correct(ps), strict=True))


def test_luck_among_twenty_is_rarely_found() -> None:
    random = Random(20)
    rounds = [[random.random() for _ in range(20)] for _ in range(2_000)]
    found = {c.__name__: sum(min(c(ps)) <= 0.05 for ps in rounds) / 2_000 for c in ALL}
    raw = sum(min(ps) <= 0.05 for ps in rounds) / 2_000
    assert raw > 0.6
    # Three standard errors of 5 % in 2,000 rounds are 1.5 points.
    assert max(found.values()) < 0.065
