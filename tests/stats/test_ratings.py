"""Ratings counted: nothing lost, nothing doubled, in an order that has a reason."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.ratings import count, cross, in_order, pairs_of_all

ratings = st.lists(st.lists(st.none() | st.integers(1, 4), min_size=3, max_size=3), max_size=25)
pairs = st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.integers(0, 3)))


@given(ratings)
def test_each_rating_of_a_unit_rated_twice_is_counted(units: list[list[int | None]]) -> None:
    counted = count(units, categories=None)
    twice = [[one for one in unit if one is not None] for unit in units]
    twice = [unit for unit in twice if len(unit) > 1]
    assert len(counted.counts) + counted.left_out == len(units)
    assert counted.counts.sum(axis=1).tolist() == [len(unit) for unit in twice]
    assert counted.varied == (len({one for unit in twice for one in unit}) > 1)
    assert not twice or sum(counted.base_rates().values()) == pytest.approx(1)


@given(pairs, st.randoms(use_true_random=False))
def test_a_table_has_each_pair_once(given: list[tuple[int, int]], random: Random) -> None:
    table = cross(given, categories=range(4))
    whole = [pair for pair in given if None not in pair]
    assert table.sum() == len(whole)
    assert (cross([(b, a) for a, b in given], categories=range(4)) == table.T).all()
    assert (cross(random.sample(given, len(given)), categories=range(4)) == table).all()


@given(st.integers(1, 6))
def test_all_pairs_are_there(number: int) -> None:
    units = pairs_of_all(number)
    assert units.shape == (number**2, number)
    assert (units.sum(axis=1) == 2).all()
    assert (units.sum(axis=0) == 2 * number).all()


@given(st.lists(st.integers(-5, 5)), st.randoms(use_true_random=False))
def test_numbers_are_in_order_however_they_come(seen: list[int], random: Random) -> None:
    order = in_order(seen, categories=None, ordered=True)
    assert order == sorted(set(seen))
    assert in_order(random.sample(seen, len(seen)), categories=None, ordered=True) == order
    assert in_order(seen, categories=range(-5, 6), ordered=True) == list(range(-5, 6))
