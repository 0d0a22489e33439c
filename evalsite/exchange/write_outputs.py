"""A run's outputs out, as JSON lines that import back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from evalsite.audit.record import record
from evalsite.cases.read_back import read_back
from evalsite.targets.check import FIELDS
from evalsite.targets.models import Output, Run

_ANSWER: Final = "answer_text"


def export_outputs(run: Run, *, actor: object = "") -> Iterator[str]:
    """Answer the lines of `output_lines`, and put on the audit trail that they were taken."""
    record("outputs.exported", run, actor=actor)
    return output_lines(run)


def output_lines(run: Run) -> Iterator[str]:
    """Answer a run's outputs, a line each, in the order in which they were recorded; streamed."""
    # As text, which orjson reads back whatever numbers are in it.
    columns = {"key": "case__key", "answer": _ANSWER}
    wanted = [columns.get(field, field) for field in FIELDS]
    found = Output.objects.filter(run=run).annotate(**{_ANSWER: Cast("answer", TextField())})
    for row in found.order_by("id").values_list(*wanted).iterator(chunk_size=1000):
        fields = dict(zip(FIELDS, row, strict=True))
        fields["answer"] = None if fields["answer"] is None else read_back(fields["answer"])
        yield orjson.dumps(fields).decode()
