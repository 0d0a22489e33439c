"""Judges of structure: JSON against JSON, JSON against a schema, list against list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from judges.equality import same_json
from judges.numbers import closeness
from judges.protocol import PASS, JudgeError, Score, Threshold, shown
from judges.schema import json_path, schema_problem
from judges.text import as_text, similarity

Path = tuple[str | int, ...]
Difference = tuple[Path, Any, Any, float]

_ABSENT: Any = object()
_MOST_DIFFERENCES = 20
_LONGEST_LIST = 500


def json_diff(
    expected: Any,
    answer: Any,
    *,
    leaves: Literal["exact", "graded"] = "exact",
    parse: bool = True,
    threshold: Threshold = 1.0,
) -> Score:
    """Score the mean over the union of keys (or positions), recursively, with what differs.

    With `parse` a text that holds JSON is read first; `graded` leaves may be nearly equal.
    """
    wanted, given = (read_json(expected), read_json(answer)) if parse else (expected, answer)
    found: list[Difference] = []
    try:
        value = _likeness(wanted, given, path=(), graded=leaves == "graded", found=found)
    except JudgeError as error:
        return Score.unscored(error.code, error.message)
    if not found:
        return PASS
    shown_first = [_as_row(difference) for difference in found[:_MOST_DIFFERENCES]]
    reason = "; ".join(_as_words(difference) for difference in found[:3])
    passed = value >= threshold
    details = {"differences": shown_first, "count": len(found)}
    return Score(value, passed, "" if passed else reason, details)


def valid_json(expected: Any, answer: Any, *, schema: dict[str, Any] | None = None) -> Score:
    """Pass when the answer is a JSON object or list and fits the schema; expected is not used."""
    value = read_json(answer)
    if not isinstance(value, dict | list):
        return Score(0.0, False, f"not a JSON object or list: {shown(answer)}")
    try:
        problem = schema_problem(schema, value) if schema is not None else None
    except JudgeError as error:
        return Score.unscored(error.code, error.message)
    if problem:
        return Score(0.0, False, f"{problem[0] or 'the answer'}: {problem[1]}")
    return PASS


def list_contains(
    expected: Any, answer: Any, *, similar: bool = False, threshold: Threshold = 1.0
) -> Score:
    """Score the best pairing of the elements of two lists, over the longer one; order is free.

    With `similar` a pair counts by its Levenshtein similarity, else only when equal.
    """
    if not isinstance(expected, list):
        return Score.unscored("expected_not_list", f"{shown(expected)} is not a list.")
    if not isinstance(answer, list):
        return Score(0.0, False, f"not a list: {shown(answer)}")
    longer = max(len(expected), len(answer))
    if longer > _LONGEST_LIST:
        return Score.unscored("list_too_long", f"More than {_LONGEST_LIST} elements.")
    try:
        pairs = _similar_pairs(expected, answer) if similar else _equal_pairs(expected, answer)
    except JudgeError as error:
        return Score.unscored(error.code, error.message)
    value = min(1.0, pairs / longer) if longer else 1.0
    reason = f"{pairs:.3g} of {longer} elements found their like"
    return Score.of(value, threshold=threshold, reason=reason)


def read_json(value: Any) -> Any:
    """Read a text that holds JSON; anything else is given back as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_constant=_refuse)
    except (ValueError, RecursionError):  # not JSON, or nested beyond use: then it is a text
        return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _likeness(a: Any, b: Any, *, path: Path, graded: bool, found: list[Difference]) -> float:
    if (isinstance(a, dict) and isinstance(b, dict)) or (
        isinstance(a, list) and isinstance(b, list)
    ):
        parts = [
            _likeness(left, right, path=(*path, key), graded=graded, found=found)
            for key, left, right in _pairs(a, b)
        ]
        return min(1.0, sum(parts) / len(parts)) if parts else 1.0
    if a is not _ABSENT and b is not _ABSENT and same_json(a, b):
        return 1.0
    value = _leaf_likeness(a, b) if graded and a is not _ABSENT and b is not _ABSENT else 0.0
    found.append((path, a, b, value))
    return value


def _pairs(a: Any, b: Any) -> Iterator[tuple[str | int, Any, Any]]:
    if isinstance(a, dict):
        for key in [*a, *(key for key in b if key not in a)]:
            yield key, a.get(key, _ABSENT), b.get(key, _ABSENT)
    else:
        for place in range(max(len(a), len(b))):
            left = a[place] if place < len(a) else _ABSENT
            yield place, left, b[place] if place < len(b) else _ABSENT


def _leaf_likeness(a: Any, b: Any) -> float:
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    if numbers and not isinstance(a, bool) and not isinstance(b, bool):
        return closeness(a, b)
    if not (isinstance(a, str) and isinstance(b, str)):
        a, b = (json.dumps(value, separators=(",", ":")) for value in (a, b))
    return similarity(a, b)


def _as_row(difference: Difference) -> dict[str, Any]:
    path, expected, answer, _ = difference
    row: dict[str, Any] = {"path": json_path(path)}
    for key, value in (("expected", expected), ("answer", answer)):
        if value is not _ABSENT:
            row[key] = shown(value)
    return row


def _as_words(difference: Difference) -> str:
    path, expected, answer, _ = difference
    where = f"{json_path(path)}: " if path else ""
    if answer is _ABSENT:
        return f"{where}expected {shown(expected)}, got nothing"
    if expected is _ABSENT:
        return f"{where}not expected: {shown(answer)}"
    return f"{where}expected {shown(expected)}, got {shown(answer)}"


def _equal_pairs(expected: list[Any], answer: list[Any]) -> float:
    left = list(answer)
    for wanted in expected:
        place = next((i for i, given in enumerate(left) if same_json(wanted, given)), None)
        if place is not None:
            del left[place]
    return float(len(answer) - len(left))


def _similar_pairs(expected: list[Any], answer: list[Any]) -> float:
    if not expected or not answer:
        return 0.0
    from scipy.optimize import linear_sum_assignment

    given = [as_text(value) for value in answer]
    table = [[similarity(as_text(wanted), text) for text in given] for wanted in expected]
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(sum(table[row][column] for row, column in zip(rows, columns, strict=True)))
