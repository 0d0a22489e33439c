"""Results out: CSV that a spreadsheet may open, JSONL, or Parquet; streamed, all or nothing."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError, UsageError
from evalsite.experiments.models import Experiment
from evalsite.spreadsheet import neutral
from evalsite.trends.selection import NoResults, Selection

# A column of the file, and the field it is read from.
COLUMNS: Final = {
    "experiment": "experiment__name",
    **{name: name for name in ("task", "group", "version", "repetition")},
    **{name: name for name in ("score", "success", "reason", "latency_ms", "tokens_used")},
    **{name: name for name in ("cost_usd", "model_version", "agent_name", "cluster")},
    "suite": "batch__suite__name",
    "target": "batch__run__target__name",
    "batch": "batch_id",
    # As text: any number that the database can hold comes out as it is.
    "metadata": "metadata_text",
    **{name: name for name in ("created_at", "recorded_at")},
}
_ROWS: Final = 2_000
_TYPES: Final = {
    "repetition": "int32",
    "score": "float64",
    "success": "bool",
    "latency_ms": "float64",
    "tokens_used": "int64",
    "cost_usd": "float64",
    "created_at": "time",
    "recorded_at": "time",
}

Row = dict[str, Any]


class ExportFormatUnknown(UsageError):
    """The file's name does not end in a format that results are written in."""

    code = "export_format_unknown"
    hint = "end it in .csv, .jsonl or .parquet"


class ExportFailed(EvalsiteError):
    """The file cannot be written."""

    code = "export_failed"
    hint = "check the folder, its rights, and the room on the disk"


class ParquetMissing(UsageError):
    """Parquet needs a package that is not installed."""

    code = "parquet_missing"
    hint = "install the extra: pip install 'evalsite[parquet]'; or export .csv or .jsonl"


def export_results(selection: Selection, path: Path) -> int:
    """Write the results that fit, in order of their natural key; audited. Answers how many.

    The file appears when it is whole, and replaces one of its name. Raises ExportFormatUnknown,
    ParquetMissing, NoResults and ExportFailed.
    """
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise ExportFormatUnknown(f"{path.name!r} names no known format")
    rows = _rows(selection)
    first = next(rows, None)
    if first is None:
        raise NoResults("no result of an experiment fits")
    counted = _Counted(chain([first], rows))
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(draft, counted)
        asked = {name: told for name, told in selection._asdict().items() if told is not None}
        record("results.exported", selection.experiment or "every experiment", **asked, n=counted.n)
        draft.replace(path)
    except OSError as error:
        raise ExportFailed(f"{path}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return counted.n


def export_lines(experiment: Experiment, *, actor: object = "") -> Iterator[Row]:
    """Answer an experiment's results as JSON objects, in order of their natural key; audited.

    They are read as they are taken. `metadata` is JSON already.
    """
    record("results.exported", experiment, actor=actor)
    return map(_json_fields, _rows(Selection(experiment=experiment.name)))


class _Counted:
    """Rows that are counted as they pass."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.n = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.n += 1
            yield row


def _rows(selection: Selection) -> Iterator[Row]:
    order = ("experiment__name", "group", "version", "task", "repetition", "pk")
    found = selection.results().annotate(metadata_text=Cast("metadata", TextField()))
    cells = found.order_by(*order).values_list(*COLUMNS.values())
    for values in cells.iterator(chunk_size=_ROWS):
        yield dict(zip(COLUMNS, values, strict=True))


def _write_csv(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in row.values()] for row in rows)


def _cell(value: object) -> object:
    """Numbers stay numbers; text is kept from being run as a formula."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case int() | float():
            return value
        case datetime():
            return value.isoformat()
        case _:
            return neutral(str(value))


def _write_jsonl(path: Path, rows: Iterable[Row]) -> None:
    with path.open("wb") as file:
        for row in rows:
            file.write(orjson.dumps(_json_fields(row), option=orjson.OPT_APPEND_NEWLINE))


def _json_fields(row: Row) -> Row:
    return {**row, "metadata": orjson.Fragment(row["metadata"])}


def _write_parquet(path: Path, rows: Iterable[Row]) -> None:
    try:
        import pyarrow as arrow
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise ParquetMissing("pyarrow is not installed") from error
    kinds = {"time": arrow.timestamp("us", tz="UTC"), "bool": arrow.bool_()}
    schema = arrow.schema(
        (name, kinds.get(kind := _TYPES.get(name, "string")) or arrow.type_for_alias(kind))
        for name in COLUMNS
    )
    source = iter(rows)
    with ParquetWriter(path, schema) as writer:
        while part := list(islice(source, _ROWS)):
            plain = [{**row, "batch": row["batch"] and str(row["batch"])} for row in part]
            writer.write_batch(arrow.RecordBatch.from_pylist(plain, schema=schema))


_WRITERS: Final[dict[str, Callable[[Path, Iterable[Row]], None]]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".parquet": _write_parquet,
}
