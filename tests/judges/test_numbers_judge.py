"""numeric, and how numbers are read."""

from __future__ import annotations

from typing import Any

import pytest

from judges.numbers import closeness, numeric, read_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        (" -5 ", -5),
        ("\u22124", -4),
        ("1,000", 1000),
        ("$1,234.50", 1234.5),
        ("50%", 50),
        (".5", 0.5),
        ("5.", 5),
        ("1e3", 1000),
        ("12,34", None),
        ("abc", None),
        ("", None),
        ("1 2", None),
        ("1e999", None),
        ("9" * 500, None),
        (True, None),
        (float("nan"), None),
        (7, 7),
    ],
)
def test_it_reads_a_number(text: Any, number: float | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("so 3 and 4 make 7.", 7),
        ("#### 1,234", 1234),
        ("from 10-5", 5),
        ("it is -8", -8),
        ("(2)-3", 3),
        ("costs $3.50 each", 3.5),
        ("none", None),
    ],
)
def test_it_reads_the_last_number(text: str, number: float | None) -> None:
    assert read_number(text, last=True) == number


def test_it_reads_a_long_text_in_linear_time() -> None:
    assert read_number("1,234" * 20_000, last=True) is not None


def test_integers_are_exact_however_large() -> None:
    assert numeric(2**60, 2**60).passed
    assert not numeric(2**60, 2**60 + 1).passed
    assert not numeric(10**400, 1.5).passed


def test_floats_are_equal_within_a_tolerance() -> None:
    assert numeric(0.3, 0.1 + 0.2).passed
    assert not numeric(100, 101).passed
    assert numeric(100, 101, rel_tol=0.01).passed
    assert numeric(100, 101, abs_tol=1).passed


def test_a_miss_is_zero_unless_graded() -> None:
    assert numeric(1, 2).value == 0
    assert numeric(1, 2, graded=True).value == pytest.approx(2 / 3)
    assert numeric(1, 2, graded=True).passed is False


def test_an_answer_without_a_number_fails() -> None:
    score = numeric(5, "I do not know")
    assert (score.value, score.passed) == (0, False)
    assert "no number" in score.reason


def test_an_expected_value_without_a_number_is_unscored() -> None:
    assert numeric("many", 5).code == "expected_not_number"


def test_closeness_of_numbers_that_overflow_is_in_range() -> None:
    assert closeness(1e308, -1e308) == 0
    assert closeness(10**400, 1.0) == 0
