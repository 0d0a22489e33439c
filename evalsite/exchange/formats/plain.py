"""evalsite's own lines: JSONL, and CSV for cases."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader
from typing import Final

from evalsite.exchange.csv_lines import csv_lines
from evalsite.exchange.formats.format import Format
from evalsite.exchange.lines import Line, json_lines


def _jsonl(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
    return json_lines(stream)


def _csv(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
    return csv_lines(stream)


JSONL: Final = Format(name="jsonl", title="a JSON object a line", cases=_jsonl, outputs=_jsonl)
CSV: Final = Format(name="csv", title="a case a record", cases=_csv)
