"""The test kit of a judge's author: `assert not check_judge(my_judge, examples)`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from judges.guard import Crash, attempt, settle
from judges.options import options_model
from judges.protocol import Judge, Score, is_sound, shown

# What an answer, or a careless curator's expected value, may be.
GARBAGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 10**400, 1.5, 1e308, "", " ", "\n", "null", "{", "[1,", "(?=x)"),
    *(
        "\u0130\u00df\ufb01",
        "\ud800",
        "a" * 10_000,
        [],
        [[]],
        [None],
        {},
        {"": None},
        [{"name": 1}],
    ),
    *({"name": "f", "arguments": "{"}, [{"name": "f", "arguments": []}], {"a": {"b": [1, "x"]}}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One pair and its verdict: passed or not, or None for unscored."""

    expected: Any
    answer: Any
    passed: bool | None
    options: Mapping[str, Any] = field(default_factory=dict)


def check_judge(judge: Judge, examples: Iterable[Example]) -> list[str]:
    """Give all that is wrong with a judge, in words; an empty list is a good judge."""
    examples = list(examples)
    problems = [] if examples else ["no examples were given"]
    options = attempt(options_model, judge)
    if isinstance(options, Crash):
        problems.append(f"its options cannot be read from its signature: {options.reason}")
    for example in examples:
        problems += _check_example(judge, example)
    for expected, answer in _garbage(examples):
        problems += _check_call(judge, expected, answer=answer, options={})
    return problems


def _check_example(judge: Judge, example: Example) -> Iterator[str]:
    yield from _check_call(
        judge, example.expected, answer=example.answer, options=dict(example.options)
    )
    score = settle(attempt(judge, example.expected, example.answer, **example.options))
    if isinstance(score, Score) and score.passed is not example.passed:
        yield f"{shown(example.answer)}: passed is {score.passed}, expected {example.passed}"


def _check_call(
    judge: Judge, expected: Any, *, answer: Any, options: dict[str, Any]
) -> Iterator[str]:
    what = f"({shown(expected)}, {shown(answer)})"
    before = deepcopy((expected, answer))
    score = settle(attempt(judge, expected, answer, **options))
    if isinstance(score, Crash):
        yield f"{what}: it raised {score.reason}"
        return
    if not is_sound(score):
        yield f"{what}: not a sound score: {score!r}"
        return
    if not score.passed and not score.reason:
        yield f"{what}: no reason is given"
    if isinstance(attempt(json.dumps, dict(score.details), allow_nan=False), Crash):
        yield f"{what}: the details are not JSON"
    if settle(attempt(judge, expected, answer, **options)) != score:
        yield f"{what}: two calls gave two verdicts"
    if (expected, answer) != before:
        yield f"{what}: it changed what it was given"


def _garbage(examples: list[Example]) -> Iterator[tuple[Any, Any]]:
    for thing in GARBAGE:
        yield thing, thing
        for example in examples[:3]:
            yield example.expected, thing
            yield thing, example.answer
