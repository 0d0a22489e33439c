"""exact, normalised, includes, regex, levenshtein, fuzzy and token_f1."""

from __future__ import annotations

import time
from typing import Any

import pytest

from judges.text import exact, fuzzy, includes, levenshtein, normalised, regex, token_f1


@pytest.mark.parametrize(
    ("expected", "answer", "passed"),
    [
        ("a", "a", True),
        ("a", "A", False),
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (None, None, True),
        (None, "", False),
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, True),
        ([1, True], [1, 1], False),
        ([1, 2], [2, 1], False),
    ],
)
def test_exact_compares_json_values(expected: Any, answer: Any, passed: bool) -> None:
    score = exact(expected, answer)
    assert (score.passed, score.value) == (passed, float(passed))


def test_exact_says_what_it_expected_and_got() -> None:
    assert exact("Paris", "Lyon").reason == 'expected "Paris", got "Lyon"'


def test_a_long_text_is_cut_in_the_reason() -> None:
    assert len(exact("a" * 9999, "b" * 9999).reason) < 200


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("Paris", "  paris. "),
        ("the Eiffel Tower", "The Eiffel\n Tower!"),
        ("don't", "DON'T"),
        ("\ufb01ne", "fine"),
        ("stra\u00dfe", "STRASSE"),
        ('"quoted" words', "quoted words"),
        ('" a b', "a b"),
        ("42", 42),
        ("?", " ? "),
    ],
)
def test_normalised_ignores_case_space_and_edge_punctuation(expected: Any, answer: Any) -> None:
    assert normalised(expected, answer).passed
    assert normalised(answer, expected).passed


@pytest.mark.parametrize(
    ("expected", "answer"),
    [("-5", "5"), ("3.5", "35"), (".5", "5"), ("C++", "C"), ("C#", "C"), ("a b", "ab"), ("?", "!")],
)
def test_normalised_keeps_what_changes_the_meaning(expected: str, answer: str) -> None:
    assert normalised(expected, answer).passed is False


def test_includes_scores_the_share_found() -> None:
    score = includes(["Paris", "1889"], "Built in Paris.")
    assert (score.value, score.passed) == (0.5, False)
    assert score.reason == 'the answer does not include "1889"'


def test_includes_may_ignore_case() -> None:
    assert not includes("paris", "PARIS").passed
    assert includes("paris", "PARIS", ignore_case=True).passed


@pytest.mark.parametrize("expected", ["", [], ["a", ""], None])
def test_includes_cannot_judge_an_empty_text(expected: Any) -> None:
    assert includes(expected, "anything").code == "expected_empty"


def test_regex_searches_or_takes_the_whole() -> None:
    assert regex(r"\d+", "is 42").passed
    assert not regex(r"\d+", "is 42", whole=True).passed
    assert regex(r"is \d+", "is 42", whole=True).passed


@pytest.mark.parametrize("pattern", [r"(?=a)", r"(a)\1", "(", 5, None, "\ud800"])
def test_regex_refuses_what_has_no_linear_form(pattern: Any) -> None:
    score = regex(pattern, "aa")
    assert (score.value, score.code) == (None, "regex_refused")


def test_regex_takes_linear_time() -> None:
    started = time.process_time()
    assert not regex("(a+)+$", "a" * 50_000 + "b").passed
    assert time.process_time() - started < 2


def test_levenshtein_is_one_minus_distance_over_length() -> None:
    assert levenshtein("ab", "ac").value == 0.5
    assert levenshtein("", "").value == 1
    assert levenshtein("ab", "ac", threshold=0.5).passed


def test_levenshtein_refuses_texts_it_cannot_compare_in_time() -> None:
    assert levenshtein("a" * 100_001, "b").code == "text_too_long"


def test_fuzzy_forgives_what_normalised_forgives() -> None:
    assert fuzzy("The Eiffel Tower", "the eiffel tower!").value == 1
    assert levenshtein("The Eiffel Tower", "the eiffel tower!").value != 1


def test_fuzzy_compares_pure_punctuation_as_it_is() -> None:
    assert fuzzy("?", "!").value == 0


@pytest.mark.parametrize(
    ("expected", "answer", "value"),
    [
        ("the cat sat", "cat sat", 1),
        ("cat", "dog", 0),
        ("a cat sat", "cat ran", 0.5),
        ("x x y", "x y y", 2 / 3),
        ("x x y y", "x x x y", 0.75),
        ("the", "a", 1),
        ("cat", "", 0),
    ],
)
def test_token_f1_follows_squad(expected: str, answer: str, value: float) -> None:
    assert token_f1(expected, answer).value == pytest.approx(value)


def test_token_f1_passes_from_its_threshold() -> None:
    assert token_f1("cat sat", "cat ran", threshold=0.5).passed
    assert token_f1("cat sat", "cat ran", threshold=0.51).reason == "token F1 0.500 < 0.51"


@pytest.mark.parametrize("judge", [normalised, levenshtein, fuzzy, token_f1])
def test_nothing_expected_is_unscored(judge: Any) -> None:
    assert judge(None, "a").code == "expected_missing"


@pytest.mark.parametrize("judge", [normalised, levenshtein, fuzzy, token_f1])
def test_a_null_answer_is_an_empty_text_and_fails(judge: Any) -> None:
    assert judge("null", None).passed is False
