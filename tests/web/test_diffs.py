"""Differences: they lead from one side to the other, and are bounded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.diffs.calls import in_line
from evalsite.diffs.structure import CHANGED, GONE, Change, compare_values, is_same
from evalsite.diffs.words import NEW, Piece, compare_texts
from evalsite.web.card.differences import (
    LONGEST,
    MOST_PLACES,
    difference,
    from_before,
    from_expected,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)
WORDS = st.lists(st.sampled_from(["a", "bc", " ", "\n", ".", "ä"]), max_size=30).map("".join)


def side(pieces: list[Piece], *, without: str) -> str:
    """One of the two texts."""
    return "".join(piece.text for piece in pieces if piece.kind != without)


def applied(value: Any, changes: list[Change]) -> Any:
    """The other value; what is gone is taken from the end on, so that places stay."""
    gone = [change for change in reversed(changes) if change.kind == GONE]
    for change in [*(c for c in changes if c.kind != GONE), *gone]:
        if not change.path:
            return change.now
        holder = value
        for step in change.path[:-1]:
            holder = holder[step]
        _apply(holder, change)
    return value


def _apply(holder: Any, change: Change) -> None:
    if change.kind == GONE:
        del holder[change.path[-1]]
    elif isinstance(holder, list) and change.kind != CHANGED:
        holder.append(change.now)
    else:
        holder[change.path[-1]] = change.now


@settings(deadline=None, max_examples=50)
@given(WORDS, WORDS)
def test_the_pieces_of_two_texts_give_both(was: str, now: str) -> None:
    pieces = compare_texts(was, now)
    assert side(pieces, without=NEW) == was
    assert side(pieces, without="gone") == now


@settings(deadline=None, max_examples=50)
@given(WORDS, WORDS)
def test_beyond_a_few_changes_the_pieces_give_both(was: str, now: str) -> None:
    pieces = compare_texts(was, now, most=2)
    assert side(pieces, without=NEW) == was
    assert side(pieces, without="gone") == now


@settings(deadline=None, max_examples=50)
@given(JSON, JSON)
def test_the_changes_applied_give_the_other_value(was: Any, now: Any) -> None:
    assert is_same(applied(was, compare_values(was, now)), now)


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_a_value_is_its_own_equal(value: Any) -> None:
    assert compare_values(value, value) == []


@settings(deadline=None, max_examples=50)
@given(JSON, JSON)
def test_what_is_shown_is_bounded(was: Any, now: Any) -> None:
    shown = difference([was] * 100, [now] * 100)
    assert len(shown.places) <= MOST_PLACES
    assert sum(len(p.text) for place in shown.places for p in place.pieces) <= 2 * LONGEST


def told(was: str, now: str) -> str:
    """The pieces as a reader without colours would write them."""
    marks = {"same": "{}", "gone": "[-{}]", "new": "[+{}]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in compare_texts(was, now))


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("to Lyon today", "to Paris today", "to [-Lyon][+Paris] today"),
        ("one two", "one two three", "one two[+ three]"),
        (
            "the old big house fell",
            "the new small house fell",
            "the [-old big][+new small] house fell",
        ),
        ("concat", "concave", "[-concat][+concave]"),
        ("nothing alike here", "wholly other words", "[-nothing alike here][+wholly other words]"),
    ],
)
def test_words_and_phrases_are_told(was: str, now: str, expected: str) -> None:
    assert told(was, now) == expected


@pytest.mark.parametrize("other", ["x" * 1_000_000, "word " * 200_000, "line\n" * 200_000])
def test_a_megabyte_that_changed_is_a_small_page(other: str) -> None:
    shown = difference({"answer": "y " * 500_000}, {"answer": other})
    assert sum(len(piece.text) for piece in shown.places[0].pieces) <= 2 * LONGEST


def test_a_word_in_the_midst_of_a_megabyte_is_found() -> None:
    text = "word " * 100_000
    (place,) = difference(f"{text}old {text}", f"{text}new {text}").places
    assert [piece.text for piece in place.pieces if piece.kind != "same"] == ["old", "new"]


def test_true_is_no_one_but_a_float_may_be_whole() -> None:
    assert [change.place for change in compare_values({"a": 1, "b": 1}, {"a": True, "b": 1.0})] == [
        "a"
    ]


def test_very_deep_values_are_compared_whole() -> None:
    was: Any = 1
    now: Any = 2
    for _ in range(200):
        was, now = [was], [now]
    assert len(compare_values(was, now)) == 1


CALLS = [{"name": "search", "arguments": {"q": "a"}}, {"name": "book", "accepted": {"n": [4, "4"]}}]


def places(made: list[dict[str, Any]], *, ordered: bool = False) -> list[str]:
    """Where calls that were made differ from those expected."""
    expected, answer = in_line({"calls": CALLS}, {"calls": made, "answer": "hi"}, ordered=ordered)
    return [f"{change.kind} {change.place}" for change in compare_values(expected, answer)]


BOOK = {"name": "book", "arguments": '{"n": "4"}', "result": {"ok": True}}
SEARCH = {"name": "search", "arguments": {"q": "a"}}


def test_calls_in_another_order_with_an_accepted_value_do_not_differ() -> None:
    assert places([BOOK, SEARCH]) == []


def test_the_order_counts_where_it_is_judged() -> None:
    assert places([BOOK, SEARCH], ordered=True)[0] == "changed calls[0].name"


def test_a_call_that_was_not_made_is_missing_as_a_whole() -> None:
    assert places([BOOK]) == ["gone calls[0]"]


def test_a_call_too_many_is_extra_as_a_whole() -> None:
    assert places([SEARCH, BOOK, {"name": "pay", "arguments": {}}]) == ["new calls[2]"]


def test_a_wrong_argument_is_told_beside_what_is_accepted() -> None:
    wrong = {"name": "book", "arguments": {"n": 5}}
    assert places([SEARCH, wrong]) == ["changed calls[1].arguments.n"]


def test_arguments_that_are_no_object_are_shown() -> None:
    assert places([SEARCH, {"name": "book", "arguments": "n=4"}]) == ["changed calls[1].arguments"]


def test_the_batch_says_whether_the_order_of_calls_counts() -> None:
    manifest = {"stages": [{"name": "logic", "judge_options": {"ordered": True}}]}
    sides: Any = ({"calls": CALLS}, {"calls": [BOOK, SEARCH]})
    assert from_expected(*sides, manifest=manifest)
    assert not from_expected(*sides, manifest={"stages": []})


@pytest.mark.parametrize("arguments", ['{"n": 4}', [4], 4])
def test_expected_calls_that_are_none_are_compared_as_they_are(arguments: Any) -> None:
    odd = [{"name": "book", "arguments": arguments}]
    assert in_line({"calls": odd}, {"calls": odd}, ordered=False) == (
        {"calls": odd},
        {"calls": odd},
    )


@settings(deadline=None, max_examples=50)
@given(JSON, JSON)
def test_whatever_a_system_answers_is_compared(expected: Any, answer: Any) -> None:
    shown = from_expected({"calls": expected}, {"calls": answer}, manifest={"stages": []})
    assert shown is not None
    assert bool(shown) != is_same(expected, answer)


def test_what_has_no_order_is_a_set() -> None:
    sides: Any = ({"sources": ["a", "b"]}, {"sources": [{"id": "c"}, {"id": "b"}, {"id": "a"}]})
    manifest = {"pack": "rag", "stages": []}
    found = from_expected(*sides, manifest=manifest)
    assert found is not None
    assert [(place.kind, place.path) for place in found.places] == [("new", "sources[2]")]


def test_nothing_in_common_is_no_difference() -> None:
    assert from_expected({"tests": "assert f()"}, {"code": "def f(): ..."}, manifest={}) is None


def test_calls_before_and_now_stand_side_by_side() -> None:
    was = {"calls": [SEARCH, {**BOOK, "result": {"ok": False}}], "old": 1}
    found = from_before(was, {"calls": [BOOK, SEARCH]})
    assert [place.path for place in found.places] == ["calls[1].result.ok", "old"]


@pytest.mark.parametrize("value", ["2026-11-22T19:30", "handbook-12"])
def test_names_and_dates_are_replaced_whole(value: str) -> None:
    (place,) = difference({"a": value}, {"a": f"{value}5"}).places
    assert [piece.text for piece in place.pieces] == [value, f"{value}5"]
