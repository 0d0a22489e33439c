"""The judge `most_words`: is a text short enough?"""

from __future__ import annotations

from typing import Any

from judges.protocol import Score


def most_words(expected: Any, answer: Any, *, leeway: int = 0) -> Score:
    """Pass a text of at most `expected` words, and `leeway` more.

    A limit that is no whole number is unscored: that is the case's fault, not the answer's.
    """
    if type(expected) is not int:
        return Score.unscored("expected_not_limit", "The limit is not a whole number of words.")
    if not isinstance(answer, str):
        return Score(0.0, False, "The answer is not a text.")
    n = len(answer.split())
    return Score.of(float(n <= expected + leeway), reason=f"{n} words, at most {expected} wanted")
