"""A JSON list is read element by element, JSON lines line by line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from evalsite.exchange.lines import LINE_LIMIT, BadLine
from evalsite.exchange.records import json_records


def read(data: bytes) -> list[Any]:
    """Give each record, or the code of its fault."""
    lines = json_records(io.BufferedReader(io.BytesIO(data)))
    return [line.code if isinstance(line, BadLine) else line for _, line in lines]


@pytest.mark.parametrize("data", [b'{"a": 1}\n{"b": [2]}\n', b' [{"a": 1},\n {"b": [2]}]\n'])
def test_a_list_and_lines_are_the_same(data: bytes) -> None:
    assert read(data) == [{"a": 1}, {"b": [2]}]


@pytest.mark.parametrize("data", [b"", b"[]", b" [ ] "])
def test_nothing_is_nothing(data: bytes) -> None:
    assert read(data) == []


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'[{"a": NaN}, {}]', ["number_not_finite", {}]),
        (b'[{"a": "\xff"}, {}]', ["not_utf8", {}]),
        (b'[{"a": 1, "a": 2}, 5, {}]', ["duplicate_member", "not_an_object", {}]),
        (b'[{"a": 1}, {"b": ', [{"a": 1}, "json_invalid"]),
        (b"[" * 200_000, ["json_invalid"]),
        (b'[{"a": "' + b"x" * 3 * LINE_LIMIT, ["line_too_long"]),
    ],
)
def test_faults_are_named(data: bytes, found: list[Any]) -> None:
    assert read(data) == found


def test_elements_over_the_edges_of_pieces_are_whole() -> None:
    rows = [{"n": n, "text": "é[{" * (n % 700)} for n in range(900)]
    assert read(json.dumps(rows, ensure_ascii=False).encode()) == rows


def test_the_first_record_comes_before_the_file_is_read() -> None:
    file = io.BytesIO(b"[" + b'{"a": 1},' * 500_000)
    stream: io.BufferedReader = io.BufferedReader(file)
    first = next(json_records(stream))
    assert (first, file.tell() < 500_000) == ((1, {"a": 1}), True)
    stream.close()
