"""Lines of a file as JSON objects, each bad one as a coded fault with its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BufferedIOBase
from typing import Any, Final, NamedTuple

from evalsite.cases.strict_json import JsonRefused, parse
from evalsite.errors import EvalsiteError
from judges.protocol import VerdictError

LINE_LIMIT: Final = 2**20


class BadLine(NamedTuple):
    """A line that cannot be taken, and why."""

    line: int
    code: str
    message: str
    hint: str = ""
    path: str = ""

    @classmethod
    def because(cls, line: int, error: EvalsiteError | VerdictError, *, path: str = "") -> BadLine:
        """Answer the fault that a coded error is for a line."""
        where = getattr(error, "path", "") or path
        return cls(line, error.code, error.message, error.hint, where)

    def __str__(self) -> str:
        fix = f" ({self.hint})" if self.hint else ""
        return f"line {self.line}: [{self.code}] {self.message}{fix}"


Line = tuple[int, Mapping[str, Any] | BadLine]


def capped_lines(
    stream: BufferedIOBase, *, limit: int = LINE_LIMIT
) -> Iterator[tuple[int, bytes | None]]:
    """Answer the numbered lines, None for one beyond the limit; memory stays flat."""
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) > limit and not line.endswith(b"\n"):
            while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


def too_long(number: int) -> BadLine:
    """Answer the fault of a line beyond the limit."""
    message = f"longer than {LINE_LIMIT} bytes"
    return BadLine(
        number, "line_too_long", message, "split the case, or keep large content outside"
    )


def json_lines(stream: BufferedIOBase) -> Iterator[Line]:
    """Answer each line of a JSONL file as an object or a fault; blank lines are left out."""
    for number, data in capped_lines(stream):
        if data is None:
            yield number, too_long(number)
        elif not data.isspace():
            yield number, one_object(number, data)


def one_object(number: int, data: bytes) -> Mapping[str, Any] | BadLine:
    """Answer the object that a text is, or the fault that it has."""
    try:
        value = parse(data)
    except JsonRefused as error:
        return BadLine.because(number, error)
    if not isinstance(value, dict):
        return BadLine(number, "not_an_object", "a line is one JSON object", 'write {"key": ...}')
    return value
