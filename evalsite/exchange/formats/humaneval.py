"""HumanEval: problems whose tests call `check(candidate)`, and samples that complete the prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from typing import Any, Final

from evalsite.exchange.formats.format import (
    Format,
    Reader,
    RecordRefused,
    converted,
    identifier,
    text,
)
from evalsite.exchange.lines import Line
from evalsite.exchange.records import json_records


def sampled(key: Callable[[str], str]) -> Reader:
    """Answer the reader of a samples file; the lines of one task are its repetitions, in order."""

    def read(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
        seen: Counter[str] = Counter()

        def output(record: Mapping[str, Any]) -> Mapping[str, Any]:
            task = key(identifier(record, "task_id"))
            seen[task] += 1
            return {"key": task, "answer": _program(record), "repetition": seen[task] - 1}

        return converted(json_records(stream), output)

    return read


def _program(record: Mapping[str, Any]) -> dict[str, str]:
    """Answer a completion of the prompt, or the whole program; an empty one is one too."""
    for name, part in (("completion", "completion"), ("solution", "code"), ("code", "code")):
        if isinstance(record.get(name), str):
            return {part: record[name]}
    raise RecordRefused("a completion is wanted, or a whole solution", path="completion")


def _cases(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
    return converted(json_records(stream), _case)


def _case(record: Mapping[str, Any]) -> Mapping[str, Any]:
    prompt = text(record, "prompt")
    return {
        "key": identifier(record, "task_id"),
        "input": {"prompt": prompt, "entry_point": text(record, "entry_point")},
        "expected": {
            "tests": text(record, "test"),
            "reference": prompt + text(record, "canonical_solution"),
        },
    }


FORMAT: Final = Format(
    name="humaneval",
    title="HumanEval: problems; samples of task_id and completion",
    pack="codegen",
    cases=_cases,
    outputs=sampled(str),
)
