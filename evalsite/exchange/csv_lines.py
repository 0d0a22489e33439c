"""CSV records as the objects that a JSONL line would hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BufferedIOBase
from typing import Any, Final

from evalsite.cases.check import FIELDS
from evalsite.cases.strict_json import JsonRefused, decode, parse
from evalsite.exchange.lines import LINE_LIMIT, BadLine, Line, capped_lines, too_long
from evalsite.exchange.open_file import FileRefused

_JSON: Final = ("input", "expected", "metadata")
_INSIDE = re.compile(r"(input|expected)\.([^.]+)")
_BOM: Final = b"\xef\xbb\xbf"  # spreadsheets write one


class _TooLong(Exception):
    """A record, perhaps one with a quote left open, goes on beyond the limit."""


class _Feed:
    """Gives the CSV reader text lines, and stops a record that does not end."""

    def __init__(self, stream: BufferedIOBase) -> None:
        self.lines = capped_lines(stream)
        self.number = 0
        self.taken = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        self.number, data = next(self.lines)
        self.taken += LINE_LIMIT if data is None else len(data)
        if data is None or self.taken > LINE_LIMIT:
            raise _TooLong
        if self.number == 1:
            data = data.removeprefix(_BOM)
        return decode(data)


def csv_lines(stream: BufferedIOBase) -> Iterator[Line]:
    """Answer each record as an object or a fault.

    The first record names the columns: a case's fields, and `input.<field>`, `expected.<field>`
    for text inside them. Raises FileRefused `csv_header_invalid`.
    """
    records = csv_records(stream)
    columns: Sequence[str] | None = None
    for number, cells in records:
        if isinstance(cells, BadLine):
            yield number, cells
        elif columns is None:
            columns = _checked_header(cells)
        elif cells:
            yield number, _object(number, cells, columns=columns)


def csv_records(stream: BufferedIOBase) -> Iterator[tuple[int, list[str] | BadLine]]:
    """Answer the cells of each record with the number of its first line, or its fault."""
    # Wide enough for a cell that fills a line; the feed keeps records from growing beyond that.
    csv.field_size_limit(LINE_LIMIT)
    feed = _Feed(stream)
    reader = csv.reader(feed, strict=True)
    while True:
        feed.taken, number = 0, feed.number + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except _TooLong:
            yield number, too_long(number)
        except JsonRefused as error:
            yield number, BadLine.because(number, error)
        except csv.Error as error:
            yield number, BadLine(number, "csv_invalid", str(error), "quote each cell as CSV does")


def _checked_header(cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    unknown = [name for name in columns if name not in FIELDS and not _INSIDE.fullmatch(name)]
    problem = ""
    if unknown:
        problem = f"unknown column {unknown[0]!r:.80}"
    elif len(set(columns)) < len(columns):
        problem = "a column stands twice"
    elif "key" not in columns:
        problem = "no column `key`"
    if problem:
        hint = f"the columns are: {', '.join(FIELDS)}, input.<field>, expected.<field>"
        raise FileRefused(problem, code="csv_header_invalid", hint=hint)
    return columns


def _object(
    number: int, cells: list[str], *, columns: Sequence[str]
) -> Mapping[str, Any] | BadLine:
    if len(cells) != len(columns):
        message = f"{len(cells)} cells under {len(columns)} columns"
        return BadLine(number, "csv_invalid", message, "give each record a cell for each column")
    record: dict[str, Any] = {}
    inside: list[tuple[str, str, str]] = []
    for column, cell in zip(columns, cells, strict=True):
        try:
            if within := _INSIDE.fullmatch(column):
                inside.append((within[1], within[2], cell))
            else:
                record[column] = _VALUES.get(column, str)(cell)
        except JsonRefused as error:
            return BadLine.because(number, error, path=column)
    return _merged(number, record, inside=inside)


def _merged(
    number: int, record: dict[str, Any], *, inside: list[tuple[str, str, str]]
) -> Mapping[str, Any] | BadLine:
    for outer, name, cell in inside:
        if not cell:
            continue
        if record.get(outer) is None:
            record[outer] = {}
        if not isinstance(record[outer], dict) or name in record[outer]:
            message = f"column {outer} and column {outer}.{name} do not fit together"
            return BadLine(number, "csv_invalid", message, "keep one of the two", outer)
        record[outer][name] = cell
    return record


def _json(cell: str) -> Any:
    return parse(cell.encode()) if cell.strip() else None


def _tags(cell: str) -> list[str]:
    return [tag.strip() for tag in cell.split(";") if tag.strip()]


def _complexity(cell: str) -> int | str:
    return int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 5 else cell


_VALUES: Final[dict[str, Callable[[str], Any]]] = {
    "tags": _tags,
    "complexity": _complexity,
    **dict.fromkeys(_JSON, _json),
}
