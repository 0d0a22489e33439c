"""Case files out: JSONL that imports back as it was, or CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast, Collate

from evalsite.audit.record import record
from evalsite.cases.check import FIELDS
from evalsite.cases.models import Revision, Suite
from evalsite.cases.queries import revisions_at
from evalsite.cases.read_back import read_back
from evalsite.exchange.case_files import Form
from evalsite.spreadsheet import neutral
from evalsite.tenants.scope import require, tenant

_JSON: Final = ("input", "expected", "metadata")


def case_lines(suite: Suite, *, version: int | None = None, form: Form = "jsonl") -> Iterator[str]:
    """Answer a version's cases in every state, a line each, in order of key; streamed."""
    rows = _rows(suite, version=version)
    if form == "csv":
        yield _csv_line(FIELDS)
    for row in rows.iterator(chunk_size=1000):
        yield _csv_line(_cells(row)) if form == "csv" else _json_line(row)


def export_cases(
    suite: Suite, *, version: int | None = None, form: Form = "jsonl", actor: object = ""
) -> Iterator[str]:
    """Answer what `case_lines` does, and put on the audit trail that it was taken."""
    at = suite.version if version is None else version
    record("cases.exported", suite, actor=actor, version=at, form=form)
    return case_lines(suite, version=at, form=form)


def sent_in_scope(lines: Iterator[str]) -> Iterator[str]:
    """Answer the lines with their ends, to be sent after the request's own scope has closed."""
    tenant_id = require()

    def sent() -> Iterator[str]:
        with tenant(tenant_id):
            for line in lines:
                yield f"{line}\n"

    return sent()


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
        fields[name] = read_back(fields[name])
    return orjson.dumps(fields).decode()


def _cells(row: Sequence[Any]) -> list[str]:
    fields = dict(zip(FIELDS, row, strict=True))
    fields["tags"] = ";".join(fields["tags"])
    for name in _JSON:
        fields[name] = orjson.dumps(read_back(fields[name])).decode()
    return [neutral("" if cell is None else str(cell)) for cell in fields.values()]


def _csv_line(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
