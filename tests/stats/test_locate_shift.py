"""The place of a shift: where it was planted, and no wild value moves it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.locate_shift import locate_shift

levels = st.tuples(st.integers(3, 15), st.integers(3, 15), st.sampled_from([-4.0, 4.0, 100.0]))
series = st.lists(st.integers(-99, 99).map(float), max_size=30)


@given(levels)
def test_two_levels_part_where_they_meet(given: tuple[int, int, float]) -> None:
    before, after, by = given
    values = [0.0] * before + [by] * after
    assert locate_shift(values) == before
    values[0] = 1e6
    assert locate_shift(values) == before


@settings(max_examples=50)
@given(series, st.integers(-9, 9))
def test_shift_and_scale_do_not_matter(values: list[float], by: int) -> None:
    at = locate_shift(values)
    assert locate_shift([4 * v + by for v in values]) == at
    assert locate_shift([-v for v in values]) == at
    assert at is None or 2 <= at <= len(values) - 2


def test_noise_moves_it_little() -> None:
    found = []
    for seed in range(30):
        random = Random(seed)
        values = [random.gauss(2.0 * (i >= 40), 1) for i in range(60)]
        found.append(locate_shift(values))
    assert sum(at is not None and abs(at - 40) <= 3 for at in found) >= 26


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [0.5] * 20])
def test_no_two_levels_have_no_place(values: list[float]) -> None:
    assert locate_shift(values) is None
