"""Case files out: JSONL that imports back as it was, or CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Collate

from evalsite.cases.check import FIELDS
from evalsite.cases.models import Revision, Suite
from evalsite.cases.queries import revisions_at
from evalsite.cases.strict_json import INT_MAX, INT_MIN
from evalsite.exchange.case_files import Form
from evalsite.spreadsheet import neutral

_JSON: Final = ("input", "expected", "metadata")
_LONG_NUMBER = re.compile(r"\d{19}")


def case_lines(suite: Suite, *, version: int | None = None, form: Form = "jsonl") -> Iterator[str]:
    """Answer a version's cases in every state, a line each, in order of key; streamed."""
    rows = _rows(suite, version=version)
    if form == "csv":
        yield _csv_line(FIELDS)
    for row in rows.iterator(chunk_size=1000):
        yield _csv_line(_cells(row)) if form == "csv" else _json_line(row)


def _rows(suite: Suite, *, version: int | None) -> QuerySet[Revision, Any]:
    # As text: read back below by orjson, which no number that jsonb can give breaks.
    texts = {f"{name}_text": Cast(name, TextField()) for name in _JSON}
    columns = [f"{name}_text" if name in _JSON else name for name in FIELDS]
    columns[0] = "case__key"
    found = revisions_at(suite, version=version).annotate(**texts)
    return found.order_by(Collate("case__key", "C")).values_list(*columns)


def _json_line(row: Sequence[Any]) -> str:
    fields = dict(zip(FIELDS, row, strict=True))
    for name in _JSON:
        fields[name] = _value(fields[name])
    return orjson.dumps(fields).decode()


def _cells(row: Sequence[Any]) -> list[str]:
    fields = dict(zip(FIELDS, row, strict=True))
    fields["tags"] = ";".join(fields["tags"])
    for name in _JSON:
        fields[name] = orjson.dumps(_value(fields[name])).decode()
    return [neutral("" if cell is None else str(cell)) for cell in fields.values()]


def _value(text: str) -> Any:
    value = orjson.loads(text)
    return _as_given(value) if _LONG_NUMBER.search(text) else value


def _as_given(value: Any) -> Any:
    """Turn whole numbers beyond 64 bits back into floats: jsonb wrote their digits out."""
    if isinstance(value, dict):
        return {name: _as_given(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_given(item) for item in value]
    if type(value) is int and not INT_MIN <= value <= INT_MAX:
        return float(value)
    return value


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
