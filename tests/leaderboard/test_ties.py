"""Tie groups: stretches of the order without a shown difference."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.leaderboard.ties import Ties, letters, tie_groups


def signs_of(n: int, differing: set[tuple[int, int]]) -> npt.NDArray[np.int8]:
    """Which pairs differ; the first of each pair is the better."""
    signs = np.zeros((n, n), dtype=np.int8)
    for better, worse in differing:
        signs[better, worse], signs[worse, better] = 1, -1
    return signs


def test_ties_are_not_transitive() -> None:
    assert tie_groups(signs_of(3, {(0, 2)})) == [Ties(1, 1), Ties(1, 2), Ties(2, 2)]


def test_all_alike_are_one_group() -> None:
    assert tie_groups(signs_of(4, set())) == [Ties(1, 1)] * 4


def test_all_different_are_alone() -> None:
    all_pairs = set(combinations(range(3), 2))
    assert tie_groups(signs_of(3, all_pairs)) == [Ties(1, 1), Ties(2, 2), Ties(3, 3)]


def test_nobody_is_no_group() -> None:
    assert tie_groups(signs_of(0, set())) == []


@given(st.integers(1, 12), st.data())
def test_a_common_group_holds_no_two_that_differ(n: int, data: st.DataObject) -> None:
    pairs = list(combinations(range(n), 2))
    differing = set(data.draw(st.lists(st.sampled_from(pairs)))) if pairs else set()
    groups = tie_groups(signs_of(n, differing))
    members = [
        {i for i, ties in enumerate(groups) if ties.first <= number <= ties.last}
        for number in range(1, max(ties.last for ties in groups) + 1)
    ]
    for group in members:
        assert sorted(group) == list(range(min(group), max(group) + 1))
        assert not differing & set(combinations(sorted(group), 2))
    longer = [set(range(min(g) - 1, max(g) + 1)) for g in members if min(g) > 0]
    longer += [set(range(min(g), max(g) + 2)) for g in members if max(g) < n - 1]
    assert all(differing & set(combinations(sorted(group), 2)) for group in longer)
    assert set().union(*members) == set(range(n))


@pytest.mark.parametrize(
    ("ties", "text"),
    [(Ties(1, 1), "a"), (Ties(2, 3), "b c"), (Ties(1, 4), "a-d"), (Ties(27, 28), "aa ab")],
)
def test_groups_are_written_as_letters(ties: Ties, text: str) -> None:
    assert letters(ties) == text
