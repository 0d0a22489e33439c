"""Result files in: JSON lines or CSV, plain or gzip, streamed into an experiment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BufferedIOBase
from typing import Any, BinaryIO, Final

from django.db import transaction

from evalsite.cases.strict_json import JsonRefused, parse
from evalsite.exchange.csv_lines import csv_records
from evalsite.exchange.lines import BadLine, Line, json_lines
from evalsite.exchange.open_file import FileRefused, open_lines
from evalsite.exchange.sift import Sieve
from evalsite.experiments.check import FIELDS, CheckedResult, check_result
from evalsite.experiments.models import Experiment
from evalsite.experiments.record import Recorded, record_results

# CSV knows text only: these columns are read as JSON is.
_JSON: Final = frozenset(
    ("repetition", "score", "success", "latency_ms", "tokens_used", "cost_usd", "metadata")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What an import of results did."""

    results: Recorded
    bad: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    first_bad: list[BadLine] = field(default_factory=list)


def import_result_file(
    source: BinaryIO,
    *,
    experiment: Experiment,
    form: str = "jsonl",
    defaults: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    actor: object = "",
    on_bad: Callable[[BadLine], None] | None = None,
) -> Received:
    """Record a file's results, all or nothing unless bad lines are skipped.

    `defaults` stand in for fields that a line leaves out. Raises ExperimentOver, FileRefused,
    LinesRefused and NothingImported; nothing is kept then.
    """
    stream = open_lines(source)
    lines = _csv_lines(stream) if form == "csv" else json_lines(stream)
    return import_result_lines(
        lines,
        experiment=experiment,
        defaults=defaults,
        skip_bad=skip_bad,
        actor=actor,
        on_bad=on_bad,
    )


def import_result_lines(
    lines: Iterable[Line],
    *,
    experiment: Experiment,
    defaults: Mapping[str, str] | None = None,
    skip_bad: bool = False,
    actor: object = "",
    on_bad: Callable[[BadLine], None] | None = None,
) -> Received:
    """Record numbered lines as results of an experiment, in flat memory.

    All or nothing unless bad lines are skipped: raises LinesRefused, NothingImported and
    ExperimentOver.
    """
    sieve = Sieve(on_bad)
    with transaction.atomic():
        results = record_results(
            experiment,
            sieve.sift(lines, partial(_check, defaults=defaults or {})),
            on_repeated=partial(_refuse_repeated, sieve=sieve),
            actor=actor,
        )
        sieve.judge(skip_bad=skip_bad)
    return Received(
        results=results, bad=sieve.bad, codes=dict(sieve.codes), first_bad=sorted(sieve.first)
    )


def _check(fields: Mapping[str, Any], *, defaults: Mapping[str, str]) -> CheckedResult:
    given = {name: value for name, value in fields.items() if value is not None}
    return check_result({**defaults, **given})


def _refuse_repeated(line: int, task: str, *, sieve: Sieve) -> None:
    message = f"task {task!r} stands in the file already, with this group, version and repetition"
    sieve.good -= 1
    sieve.refuse(BadLine(line, "result_repeated", message, "number them in `repetition`", "task"))


def _csv_lines(stream: BufferedIOBase) -> Iterator[Line]:
    """Answer each record as an object or a fault; an empty cell is a field left out.

    Raises FileRefused `csv_header_invalid`.
    """
    columns: list[str] | None = None
    for number, cells in csv_records(stream):
        if isinstance(cells, BadLine):
            yield number, cells
        elif columns is None:
            columns = _checked_header(cells)
        elif cells:
            yield number, _object(number, cells, columns=columns)


def _checked_header(cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    unknown = [name for name in columns if name not in FIELDS]
    if unknown or len(set(columns)) < len(columns) or "task" not in columns:
        problem = f"unknown column {unknown[0]!r:.80}" if unknown else "`task` must stand once"
        hint = f"the columns are: {', '.join(FIELDS)}"
        raise FileRefused(problem, code="csv_header_invalid", hint=hint)
    return columns


def _object(number: int, cells: list[str], *, columns: list[str]) -> Mapping[str, Any] | BadLine:
    if len(cells) != len(columns):
        message = f"{len(cells)} cells under {len(columns)} columns"
        return BadLine(number, "csv_invalid", message, "give each record a cell for each column")
    made: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        try:
            if cell.strip():
                made[column] = parse(cell.strip().encode()) if column in _JSON else cell
        except JsonRefused as error:
            return BadLine.because(number, error, path=column)
    return made
