"""Differences in a few words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.alerts.diff import LONGEST, MOST_LINES, diff, plain
from evalsite.alerts.templatetags.differences import html_diff, page_diff

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("x", "y", ["[-x-]{+y+}"]),
        ("to Lyon today", "to Paris today", ["to [-Lyon-]{+Paris+} today"]),
        ("one two", "one two three", ["one two{+ three+}"]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["b: [-2-]{+3+}"]),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "x"}, {"b": "y"}]}, ["a.1.b: {+y+}"]),
        ({"a": "x"}, {}, ['[-{"a": "x"}-]{+{}+}']),
        (None, "an answer", ["{+an answer+}"]),
        ({"a": 1}, {"a": 1}, []),
        ("\x1b[2J same", "\x1b[3J same", ["\\u001b[[-2J-]{+3J+} same"]),
    ],
)
def test_what_differs_is_told(first: Any, second: Any, told: list[str]) -> None:
    assert plain(diff(first, second)) == told


def test_a_difference_far_inside_a_long_text_is_found() -> None:
    before = "word " * 5_000
    (line,) = plain(diff(before + "end", before + "other"))
    assert "[-end-]{+other+}" in line
    assert len(line) < LONGEST


def test_only_so_many_places_are_told() -> None:
    many = {str(n): n for n in range(50)}
    assert len(diff(many, dict.fromkeys(many, -1))) == MOST_LINES


def test_html_is_escaped_and_needs_no_colour() -> None:
    lines = diff({"<i>": "<b>x</b>"}, {"<i>": "<b>y</b>"})
    for written in (html_diff(lines), page_diff(lines)):
        assert "<b>" not in written
        assert "<i>" not in written
        assert "<del" in written
        assert "<ins" in written


@given(JSON, JSON)
def test_it_is_short_and_printable_whatever_comes(first: Any, second: Any) -> None:
    for line in plain(diff(first, second)):
        assert line.isprintable()
        assert len(line) < 5 * LONGEST


@given(JSON)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert diff(value, value) == []
