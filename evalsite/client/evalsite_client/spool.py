"""Rows on their way to the server: written to a temporary file line by line, sent from there.

Memory stays flat however many rows there are, a generator can be sent again after a lost
connection, and the server is told the length beforehand.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import IO, Any, Final

NDJSON: Final = "application/x-ndjson"
_BLOCK: Final = 256 * 1024
# Smaller ones never touch the disk.
_IN_MEMORY: Final = 1024 * 1024
Row = Mapping[str, Any]


class Spool:
    """A body of JSON lines."""

    content_type = NDJSON

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.length = 0
        self.rows = 0

    def add(self, row: Row) -> None:
        """Add a row; raises TypeError and ValueError for what JSON cannot hold."""
        line = json.dumps(row, ensure_ascii=False, allow_nan=False, default=_plain) + "\n"
        self.length += self._file.write(line.encode())
        self.rows += 1

    def blocks(self) -> Iterator[bytes]:
        """Yield the lines in blocks, from the first one."""
        self._file.seek(0)
        while block := self._file.read(_BLOCK):
            yield block


@contextmanager
def spool(rows: Iterable[Row]) -> Iterator[Spool]:
    """Hold all rows in a spool until the block ends."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        lines = Spool(file)
        for row in rows:
            lines.add(row)
        yield lines


@asynccontextmanager
async def spool_async(rows: AsyncIterable[Row] | Iterable[Row]) -> AsyncIterator[Spool]:
    """Hold all rows in a spool until the block ends, of an asynchronous source too."""
    with spool(()) as lines:
        if isinstance(rows, AsyncIterable):
            async for row in rows:
                lines.add(row)
        else:
            for row in rows:
                lines.add(row)
        yield lines


def _plain(value: object) -> object:
    """Let pydantic models be rows' values."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} is no JSON")
    return dump(mode="json")
