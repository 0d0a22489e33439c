"""The judge of numbers, given as numbers or inside text."""

from __future__ import annotations

import math
import re
from collections import deque
from typing import Annotated, Any

from pydantic import Field

from judges.protocol import PASS, Score, shown

Tolerance = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# A sign counts unless it stands between two numbers; commas count only between groups of three.
_NUMBER = re.compile(
    r"(?:(?<![\w)])[-+\u2212])?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+|(?=\.\d))(?:\.\d+)?"
    r"(?:[eE][-+]?\d{1,4})?",
    re.ASCII,
)
_LONGEST_NUMBER = 400


def numeric(
    expected: Any,
    answer: Any,
    *,
    abs_tol: Tolerance = 1e-9,
    rel_tol: Tolerance = 0.0,
    last_number: bool = False,
    graded: bool = False,
    after: str = "",
) -> Score:
    """Pass when two numbers are equal within either tolerance.

    With `last_number` the last number in a text counts; with `after` ("A:") only what follows
    the last such mark is the answer, and without the mark there is none. With `graded` the value
    of a miss is 1 - |a - b| / (|a| + |b|) instead of 0.
    """
    wanted = read_number(expected, last=last_number)
    if wanted is None:
        return Score.unscored("expected_not_number", f"{shown(expected)} is not a number.")
    given = read_number(_after(answer, mark=after), last=last_number)
    if given is None:
        return Score(0.0, False, f"expected {shown(expected)}, got no number: {shown(answer)}")
    if is_close(wanted, given, abs_tol=abs_tol, rel_tol=rel_tol):
        return PASS
    value = closeness(wanted, given) if graded else 0.0
    return Score(value, False, f"expected {shown(wanted)}, got {shown(given)}")


def _after(answer: Any, *, mark: str) -> Any:
    if not mark or not isinstance(answer, str):
        return answer
    _before, found, rest = answer.rpartition(mark)
    return rest if found else None


def read_number(value: Any, *, last: bool = False) -> int | float | None:
    """Read a finite number from a JSON number or a text, or none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value if isinstance(value, int) or math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    if not last:
        text = value.strip().removeprefix("$").rstrip(".").removesuffix("%").strip()
        return _parse(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None
    found = deque(_NUMBER.finditer(value), maxlen=1)
    if not found or len(found[0].group()) > _LONGEST_NUMBER:
        return None
    return _parse(found[0].group())


def is_close(left: float, right: float, *, abs_tol: float, rel_tol: float) -> bool:
    """Tell whether two numbers differ by no more than either tolerance; integers exactly."""
    if left == right:
        return True
    try:
        return abs(left - right) <= max(abs_tol, rel_tol * max(abs(left), abs(right)))
    except OverflowError:  # an integer too large for a float is close to no float
        return False


def closeness(left: float, right: float) -> float:
    """Score 1 - |a - b| / (|a| + |b|): 1 for equal numbers, 0 for opposite signs."""
    if left == right:
        return 1.0
    try:
        value = 1 - abs(left - right) / (abs(left) + abs(right))
    except OverflowError:  # as above
        return 0.0
    return value if 0 <= value <= 1 else 0.0


def _parse(text: str) -> int | float | None:
    plain = text.replace(",", "").replace("\u2212", "-")
    try:
        return int(plain)
    except ValueError:
        number = float(plain)
        return number if math.isfinite(number) else None
