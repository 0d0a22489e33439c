"""Where the cases come from: a file, or the server, asked once by all of xdist's workers."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from evalsite_client.client import Client
from evalsite_client.errors import ClientError


@dataclass(frozen=True)
class Case:
    """A test case, as a case file or the server has it."""

    key: str
    input: Any = None
    expected: Any = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


def from_file(path: Path) -> list[Case]:
    """Read a file of JSON lines; raises UsageError."""
    cases = [_case(row) for row in rows_of(path)]
    if len({case.key for case in cases}) < len(cases):
        raise pytest.UsageError(f"{path}: a key stands there twice")
    return cases


def from_server(suite: str, *, shared: Path | None) -> list[Case]:
    """Ask the server for a suite's cases; raises UsageError.

    `shared` is a folder of all workers: what the first of them read is what all of them take, so
    that they collect the same tests.
    """
    if shared is None:
        return _fetched(suite)
    place = shared / f"{suite.replace(os.sep, '_')}.jsonl"
    if not place.exists():
        _publish(_fetched(suite), place=place)
    return from_file(place)


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines; raises UsageError."""
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise pytest.UsageError(f"{path}: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _row(line, place=f"{path}:{number}")


def _row(line: str, *, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict) or not isinstance(row.get("key"), str):
        raise pytest.UsageError(f"{place}: a JSON object with a key is wanted")
    return row


def _case(row: Mapping[str, Any]) -> Case:
    return Case(
        key=row["key"],
        input=row.get("input"),
        expected=row.get("expected"),
        tags=tuple(row.get("tags") or ()),
        metadata=row.get("metadata") or {},
    )


def _fetched(suite: str) -> list[Case]:
    try:
        with Client() as client:
            told = client.cases.list(client.suites.named(suite).id)
            cases = [_case(case.model_dump()) for case in told]
    except ClientError as error:
        raise pytest.UsageError(f"suite {suite}: {error}") from None
    return sorted(cases, key=lambda case: case.key)


def _publish(cases: list[Case], *, place: Path) -> None:
    """Put a whole file in place, unless another worker did."""
    with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as draft:
        draft.writelines(json.dumps(vars(case)) + "\n" for case in cases)
    try:
        os.link(draft.name, place)
    except FileExistsError:
        return
    finally:
        os.unlink(draft.name)
