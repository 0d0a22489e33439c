"""The Berkeley Function Calling Leaderboard: question file, possible answers, result files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BufferedReader
from typing import Any, Final

from evalsite.exchange.formats.format import (
    Format,
    RecordRefused,
    converted,
    identifier,
    text,
)
from evalsite.exchange.formats.spoken_calls import read_calls
from evalsite.exchange.lines import BadLine, Line, json_lines

_NUMBER = re.compile(r"_\d[\w-]*$")
# What a list of accepted calls cannot say: state over turns, other languages, "any call".
_OTHERS: Final = ("multi_turn", "java", "javascript", "memory", "web_search", "live_relevance")
_MOST: Final = 2**31
_FAILED: Final = "Error during inference:"


def _cases(stream: BufferedReader, answers: BufferedReader | None) -> Iterator[Line]:
    known = _Answers(json_lines(answers) if answers else iter(()))
    return converted(json_lines(stream), lambda record: _case(record, known))


def _case(record: Mapping[str, Any], answers: _Answers) -> Mapping[str, Any]:
    key = identifier(record, "id")
    category = _NUMBER.sub("", key)
    if category.removeprefix("simple_").startswith(_OTHERS):
        raise RecordRefused(
            f"category {category!r} has no list of accepted calls",
            path="id",
            code="category_unsupported",
            hint="import the categories of single calls in Python",
        )
    calls = [] if "irrelevance" in category else answers.calls_of(key)
    return {
        "key": key,
        "input": {"messages": _messages(record), "tools": record.get("function") or []},
        "expected": {"calls": calls},
        "category": category,
    }


def _messages(record: Mapping[str, Any]) -> Any:
    turns = record.get("question")
    if not isinstance(turns, list) or len(turns) != 1 or not isinstance(turns[0], list):
        raise RecordRefused("one turn, a list of messages, is wanted", path="question")
    return turns[0]


class _Answers:
    """The accepted calls by id. Both files have one order, so hardly any answer waits."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._waiting: dict[str, Any] = {}

    def calls_of(self, key: str) -> list[dict[str, Any]]:
        """Answer a question's accepted calls; raises RecordRefused `answer_not_found`."""
        while key not in self._waiting:
            _, record = next(self._lines, (0, None))
            if record is None:
                raise RecordRefused(
                    f"no possible answer for {key!r}",
                    path="id",
                    code="answer_not_found",
                    hint="name the file of possible answers with --answers",
                )
            if isinstance(record, BadLine):
                raise RecordRefused(str(record), path="answers", code="answers_invalid")
            self._waiting[identifier(record, "id")] = record.get("ground_truth")
        return [_accepted(call) for call in _listed(self._waiting.pop(key))]


def _listed(truth: Any) -> list[Any]:
    if not isinstance(truth, list):
        raise RecordRefused("a list of calls is wanted", path="ground_truth")
    return truth


def _accepted(call: Any) -> dict[str, Any]:
    if not isinstance(call, dict) or len(call) != 1:
        raise RecordRefused("one function's name with its arguments is wanted", path="ground_truth")
    ((name, arguments),) = call.items()
    return {"name": name, "accepted": arguments}


def _outputs(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
    return converted(json_lines(stream), _output)


def _output(record: Mapping[str, Any]) -> Mapping[str, Any]:
    result = record.get("result")
    figures = {
        "latency_ms": _figure(record, "latency", factor=1000.0),
        "tokens_in": _figure(record, "input_token_count"),
        "tokens_out": _figure(record, "output_token_count"),
    }
    output = {"key": identifier(record, "id"), **figures}
    if isinstance(result, str) and result.startswith(_FAILED):
        return {**output, "error": text(record, "result")}
    if not isinstance(result, str | list):
        raise RecordRefused("a text or a list of calls is wanted", path="result")
    return {**output, "answer": _answer(result)}


def _answer(result: Any) -> dict[str, Any]:
    if isinstance(result, list):
        return {"calls": [_call(call) for call in result]}
    calls = read_calls(result)
    return {"calls": [], "answer": result} if calls is None else {"calls": calls}


def _call(call: Any) -> dict[str, Any]:
    """Read {"name": arguments}, the arguments an object or its JSON text."""
    if not isinstance(call, dict) or len(call) != 1:
        raise RecordRefused("one function's name with its arguments is wanted", path="result")
    ((name, arguments),) = call.items()
    return {"name": name, "arguments": arguments}


def _figure(record: Mapping[str, Any], name: str, *, factor: float = 1) -> Any:
    value: Any = record.get(name)
    return value * factor if type(value) in (int, float) and 0 <= value < _MOST else None


FORMAT: Final = Format(
    name="bfcl",
    title="Berkeley Function Calling Leaderboard: questions with --answers; result files",
    pack="nl2api",
    companion="answers",
    cases=_cases,
    outputs=_outputs,
)
