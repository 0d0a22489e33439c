"""The hash of a case's content."""

from __future__ import annotations

import pytest

from packs.validate import content_hash


def test_the_order_of_keys_does_not_count() -> None:
    one = content_hash(input={"a": 1, "b": 2}, expected={})
    assert one == content_hash(input={"b": 2, "a": 1}, expected={})
    assert len(one) == 64


@pytest.mark.parametrize("other", [{"a": 2}, {"a": "1"}, {"a": True}, {"a": 1, "b": None}])
def test_any_change_counts(other: dict[str, object]) -> None:
    assert content_hash(input=other, expected={}) != content_hash(input={"a": 1}, expected={})


def test_input_and_expected_are_not_mixed_up() -> None:
    assert content_hash(input={}, expected=1) != content_hash(input=1, expected={})


def test_half_a_surrogate_pair_has_a_hash_too() -> None:
    assert content_hash(input="\ud800", expected={})
