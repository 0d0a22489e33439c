"""MBPP: a task in words, asserts, and a program; JSON lines, or the sanitised JSON list."""

from __future__ import annotations

import ast
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
from evalsite.exchange.formats.humaneval import sampled
from evalsite.exchange.lines import Line
from evalsite.exchange.records import json_records


def _cases(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
    return converted(json_records(stream), _case)


def _case(record: Mapping[str, Any]) -> Mapping[str, Any]:
    asserts = _texts(record, "test_list")
    code = text(record, "code")
    task = text(record, "text" if "text" in record else "prompt")
    called = _called(code, asserts)
    shown = "\n".join((task, "Your code should pass these tests:", *asserts))
    before = [*_texts(record, "test_imports"), str(record.get("test_setup_code") or "")]
    return {
        "key": _key(identifier(record, "task_id")),
        "input": {"prompt": shown, **({"entry_point": called} if called else {})},
        "expected": {
            "tests": "\n".join((*filter(None, before), *asserts)),
            "reference": code.replace("\r\n", "\n"),
        },
    }


def _key(task: str) -> str:
    return task if task.startswith("MBPP/") else f"MBPP/{task}"


def _texts(record: Mapping[str, Any], name: str) -> list[str]:
    value = record.get(name)
    if name == "test_list" and not value:
        raise RecordRefused("a list of asserts is wanted", path=name)
    if not isinstance(value or [], list) or not all(isinstance(item, str) for item in value or []):
        raise RecordRefused("a list of texts is wanted", path=name)
    return value or []


def _called(code: str, asserts: list[str]) -> str:
    """Name the last function of the reference that the tests call; nothing where none is."""
    try:
        defined = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
        calls = ast.walk(ast.parse("\n".join(asserts)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    names = {node.id for node in calls if isinstance(node, ast.Name)}
    return next((name for name in reversed(defined) if name in names), "")


FORMAT: Final = Format(
    name="mbpp",
    title="MBPP: problems; samples of task_id and solution",
    pack="codegen",
    cases=_cases,
    outputs=sampled(_key),
)
