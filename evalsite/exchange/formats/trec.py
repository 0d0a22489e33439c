"""TREC: qrels as cases, one a topic with its graded sources; run files as outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from io import BufferedReader
from typing import Any, Final, NamedTuple

from evalsite.cases.strict_json import decode
from evalsite.errors import EvalsiteError
from evalsite.exchange.formats.format import Format, RecordRefused, identifier, text
from evalsite.exchange.lines import BadLine, Line, capped_lines, one_object, too_long


class _Columns(NamedTuple):
    """What the columns of a file are called, where its figure stands, and how it is read."""

    names: str
    figure: int
    read: Callable[[str], float]


class _Row(NamedTuple):
    line: int
    topic: str
    document: str
    figure: float


def _cases(stream: BufferedReader, topics: BufferedReader | None) -> Iterator[Line]:
    questions = _questions(topics) if topics else None
    for group in _grouped(stream, _QRELS):
        yield group if isinstance(group, tuple) else _case(group, questions)


def _case(rows: list[_Row], questions: Mapping[str, str] | None) -> Line:
    line, topic = rows[0].line, rows[0].topic
    question = f"Topic {topic}" if questions is None else questions.get(topic)
    if question is None:
        message = f"the file of topics has no {topic!r:.80}"
        return line, BadLine(line, "record_invalid", message, "add it to the file of --topics")
    grades = {row.document: int(row.figure) for row in rows}
    return line, {"key": topic, "input": {"question": question}, "expected": {"sources": grades}}


def _outputs(stream: BufferedReader, companion: BufferedReader | None) -> Iterator[Line]:
    for group in _grouped(stream, _RUN):
        if isinstance(group, tuple):
            yield group
        else:
            sources = [{"id": row.document, "score": row.figure} for row in group]
            yield group[0].line, {"key": group[0].topic, "answer": {"sources": sources}}


def _grouped(
    stream: BufferedReader, columns: _Columns
) -> Iterator[list[_Row] | tuple[int, BadLine]]:
    """Yield the rows of each topic together; a topic that stands in two places is a fault."""
    seen: set[str] = set()
    group: list[_Row] = []
    for row in _rows(stream, columns):
        if isinstance(row, BadLine):
            yield row.line, row
        elif group and group[0].topic == row.topic:
            group.append(row)
        elif row.topic in seen:
            message = f"topic {row.topic!r:.80} stands further up already"
            fault = BadLine(row.line, "topic_scattered", message, "sort the file by topic")
            yield row.line, fault
        else:
            if group:
                yield group
            seen.add(row.topic)
            group = [row]
    if group:
        yield group


def _rows(stream: BufferedReader, columns: _Columns) -> Iterator[_Row | BadLine]:
    for number, data in capped_lines(stream):
        if data is None:
            yield too_long(number)
            continue
        try:
            values = decode(data).split()
            if values:
                yield _row(number, values, columns=columns)
        except EvalsiteError as error:
            yield BadLine.because(number, error)


def _row(number: int, values: list[str], *, columns: _Columns) -> _Row:
    if len(values) != len(columns.names.split()):
        raise RecordRefused(f"{len(values)} columns, wanted: {columns.names}", path="line")
    try:
        figure = columns.read(values[columns.figure])
    except ValueError:
        figure = math.nan
    if not math.isfinite(figure):
        name = columns.names.split()[columns.figure]
        raise RecordRefused(f"not a number: {values[columns.figure]!r:.40}", path=name)
    return _Row(number, values[0], values[2], figure)


def _questions(stream: BufferedReader) -> dict[str, str]:
    """Read what each topic asks: `topic<TAB>question` a line, or JSON lines with an id and text."""
    return dict(_question(number, data) for number, data in capped_lines(stream) if data != b"\n")


def _question(number: int, data: bytes | None) -> tuple[str, str]:
    if data is None:
        raise RecordRefused(f"line {number} is too long", path="topics")
    if data.startswith(b"{"):
        record = one_object(number, data)
        if isinstance(record, BadLine):
            raise RecordRefused(str(record), path="topics")
        return identifier(record, "_id", "id", "qid", "topic"), _asked(record)
    topic, tab, question = decode(data).strip().partition("\t")
    if not tab or not question.strip():
        raise RecordRefused(f"line {number} is no `topic<TAB>question`", path="topics")
    return topic.strip(), question.strip()


def _asked(record: Mapping[str, Any]) -> str:
    names = ("text", "question", "query", "title")
    return text(record, next((name for name in names if name in record), "text"))


def _grade(digits: str) -> int:
    """Read a grade; one below 0, as for spam, is as irrelevant as 0."""
    return max(0, int(digits))


_QRELS: Final = _Columns("topic iteration document grade", 3, _grade)
_RUN: Final = _Columns("topic Q0 document rank score run", 4, float)

FORMAT: Final = Format(
    name="trec",
    title="TREC: qrels, with --topics for the questions; run files",
    pack="rag",
    companion="topics",
    cases=_cases,
    outputs=_outputs,
)
