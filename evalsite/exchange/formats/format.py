"""What a published format is: how its records become lines of a case or an output file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from io import BufferedReader
from typing import Any, NamedTuple, Protocol

from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.exchange.lines import BadLine, Line

# Called with the file, and the companion beside it if one was given.
Reader = Callable[[BufferedReader, BufferedReader | None], Iterator[Line]]


class RecordRefused(EvalsiteError):
    """A record is not what its format says; `path` names the field."""

    code = "record_invalid"
    hint = "docs/formats.md shows the fields of each format"
    http_status = 422

    def __init__(self, message: str, *, path: str, code: str | None = None, hint: str = "") -> None:
        super().__init__(f"{path}: {message}", code=code, hint=hint or None)
        self.path = path


class Judged(Protocol):
    """A case file whose records hold verdicts too: its lines first, then what it kept of them."""

    def lines(self, stream: BufferedReader) -> Iterator[Line]:
        """Answer the cases, line by line."""

    def bring(self, suite: Suite, *, actor: str) -> dict[str, int]:
        """Write the verdicts of the cases that are in the suite now; count what became of them."""


class Format(NamedTuple):
    """A format by its name; `companion` is the option that names a second file of cases.

    A format with verdicts has `judged` in place of `cases`.
    """

    name: str
    title: str
    pack: str | None = None
    companion: str = ""
    cases: Reader | None = None
    outputs: Reader | None = None
    judged: Callable[[], AbstractContextManager[Judged]] | None = None


def converted(
    lines: Iterable[Line], make: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> Iterator[Line]:
    """Answer what `make` makes of each record; a coded error of it is that line's fault."""
    for number, record in lines:
        if isinstance(record, BadLine):
            yield number, record
            continue
        try:
            yield number, make(record)
        except EvalsiteError as error:
            yield number, BadLine.because(number, error)


def text(record: Mapping[str, Any], name: str) -> str:
    """Answer a field that must be a text with something in it; raises RecordRefused."""
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise RecordRefused("a text is wanted", path=name)
    return value


def identifier(record: Mapping[str, Any], *names: str) -> str:
    """Answer the first of these fields that is there, a text or a whole number, as text."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value:
            return value
        if type(value) is int:
            return str(value)
    raise RecordRefused("an id is wanted", path=names[0])
