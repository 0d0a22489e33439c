"""The formats by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, Literal

from evalsite.errors import UsageError
from evalsite.exchange.formats import bfcl, humaneval, legacy, mbpp, plain, trec
from evalsite.exchange.formats.format import Reader
from evalsite.exchange.lines import Line
from evalsite.exchange.open_file import open_lines

_ALL: Final = (
    *(plain.JSONL, plain.CSV, bfcl.FORMAT, humaneval.FORMAT),
    *(legacy.FORMAT, mbpp.FORMAT, trec.FORMAT),
)
FORMATS: Final = {format.name: format for format in _ALL}

Side = Literal["cases", "outputs"]


class FormatUnfit(UsageError):
    """A format has nothing of that kind, or takes no such second file."""

    code = "format_unfit"
    hint = "docs/formats.md says what each format brings"


def names(side: Side) -> list[str]:
    """List the formats that bring cases, or outputs."""
    return [
        name
        for name, format in FORMATS.items()
        if getattr(format, side) or (side == "cases" and format.judged)
    ]


def read(
    source: BinaryIO, *, format: str, side: Side, companion: BinaryIO | None = None
) -> Iterator[Line]:
    """Answer a file's numbered lines as objects of evalsite, or faults.

    Raises FormatUnfit, and FileRefused while reading.
    """
    known = FORMATS.get(format)
    reader: Reader | None = getattr(known, side) if known else None
    if reader is None:
        raise FormatUnfit(f"format {format!r} has no {side}")
    yield from reader(open_lines(source), open_lines(companion) if companion else None)
