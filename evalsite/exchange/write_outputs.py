"""A run's outputs out, as JSON lines that import back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from evalsite.audit.record import record
from evalsite.blobs.shorten import restore
from evalsite.cases.read_back import read_back
from evalsite.targets.check import FIELDS
from evalsite.targets.models import Output, Run

_ANSWER: Final = "answer_text"
# Rows whose long answers are fetched at once.
_PIECE: Final = 100


def export_outputs(run: Run, *, actor: object = "") -> Iterator[str]:
    """Answer the lines of `output_lines`, and put on the audit trail that they were taken."""
    record("outputs.exported", run, actor=actor)
    return output_lines(run)


def output_lines(run: Run) -> Iterator[str]:
    """Answer a run's outputs, a line each, in the order in which the cases were made; streamed."""
    # As text, which orjson reads back whatever numbers are in it, and no blob by itself.
    columns = {"key": "case__key", "answer": _ANSWER}
    wanted = [columns.get(field, field) for field in FIELDS]
    found = Output.objects.filter(run=run).annotate(**{_ANSWER: Cast("answer", TextField())})
    rows = found.order_by("case_id", "repetition").values_list(*wanted).iterator(chunk_size=1000)
    while piece := [dict(zip(FIELDS, row, strict=True)) for row in islice(rows, _PIECE)]:
        kept = [None if row["answer"] is None else read_back(row["answer"]) for row in piece]
        for row, answer in zip(piece, restore(kept), strict=True):
            yield orjson.dumps({**row, "answer": answer}).decode()
