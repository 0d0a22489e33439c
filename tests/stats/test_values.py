"""What the statistics take: lists or arrays, names or numbers of clusters."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.values import as_array, codes, declared, how_many, is_pass_or_fail, subtract

numbers = st.lists(st.integers(-99, 99).map(float), max_size=30)
keys = st.lists(st.integers(0, 5), max_size=30)


@given(numbers)
def test_arrays_are_as_good_as_lists(values: list[float]) -> None:
    array = as_array(values)
    assert as_array(array) is array
    assert array.tolist() == values
    assert subtract(values, array).tolist() == [0.0] * len(values)
    assert subtract([0.0] * len(values), values).tolist() == values


@given(numbers)
def test_only_0_and_1_are_pass_or_fail(values: list[float]) -> None:
    assert is_pass_or_fail([v % 2 for v in values], [0.0, 1.0])
    assert is_pass_or_fail(values, values) == (set(values) <= {0, 1})


@given(keys, st.randoms(use_true_random=False))
def test_clusters_are_numbered_whatever_their_names(given: list[int], random: Random) -> None:
    names = [f"document {key}" for key in given]
    for numbered in (codes(names), codes(np.array(given, dtype=int))):
        assert how_many(numbered) == len(set(given))
        pairs = set(zip(given, numbered.tolist(), strict=True))
        assert len(pairs) == len(set(given))
    alone = len(set(given)) == len(given)
    assert (declared(names, n=len(names)) is None) == alone
    mixed = codes(random.sample(names, len(names)))
    assert sorted(np.bincount(mixed)) == sorted(np.bincount(codes(names)))


@pytest.mark.parametrize(("given", "wanted"), [(None, None), (["a", "b"], None), (["a"] * 2, 1)])
def test_clusters_of_one_are_not_declared(given: list[str] | None, wanted: int | None) -> None:
    found = declared(given, n=2)
    assert (found is None) == (wanted is None)
    assert found is None or how_many(found) == wanted


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused_on_either_side(bad: float) -> None:
    for sides in (([bad], [0.0]), ([0.0], [bad]), ([bad], [bad])):
        with pytest.raises(ValueError, match="no finite number"):
            subtract(*sides)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="1 scores before and 2 after"):
        subtract([0.0], [0.0, 1.0])
    with pytest.raises(ValueError, match="1 clusters for 2 cases"):
        declared(["a"], n=2)
