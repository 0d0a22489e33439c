"""Open a file that a stranger made: plain or gzip, in flat memory, with a bomb cut short."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import BinaryIO, Final

from evalsite.errors import EvalsiteError

MAX_BYTES: Final = 16 * 2**30
MAX_RATIO: Final = 100
# Below this a high ratio is no danger, and small repetitive files have one.
_GRACE: Final = 2**20
_GZIP: Final = b"\x1f\x8b"
_ARCHIVES: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\xfd7zXZ", b"BZh", b"7z\xbc\xaf", b"(\xb5/\xfd")


class FileRefused(EvalsiteError):
    """A whole file cannot be read, so none of its lines count."""

    code = "file_unreadable"
    hint = "give a plain or gzip file of JSON lines or CSV"
    http_status = 422


def open_lines(source: BinaryIO, *, max_bytes: int = MAX_BYTES) -> io.BufferedReader:
    """Answer the file's bytes, unpacked when they are gzip.

    Reading raises FileRefused: `gzip_bomb`, `gzip_damaged`, `file_too_large`,
    `archive_not_supported`.
    """
    counted = _Counted(source)
    raw: io.BufferedReader = io.BufferedReader(counted, 2**16)
    packed = _starts(raw).startswith(_GZIP)
    plain = gzip.GzipFile(fileobj=raw) if packed else raw
    limited: io.BufferedReader = io.BufferedReader(
        _Limited(plain, counted=counted if packed else None, max_bytes=max_bytes), 2**16
    )
    first = _starts(limited)
    if first.startswith((_GZIP, *_ARCHIVES)):
        hint = "unpack it first; one layer of gzip is all that is read"
        raise FileRefused("the file is an archive", code="archive_not_supported", hint=hint)
    return limited


class _Counted(io.RawIOBase):
    """Counts what is read from a file, which may be a pipe that cannot tell its place."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self.source.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


class _Limited(io.RawIOBase):
    """Stops when more comes out than any honest file holds."""

    def __init__(
        self, plain: io.BufferedIOBase, *, counted: _Counted | None, max_bytes: int
    ) -> None:
        self.plain = plain
        self.counted = counted
        self.max_bytes = max_bytes
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self.plain.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            hint = "copy or pack the file again"
            raise FileRefused(str(error), code="gzip_damaged", hint=hint) from None
        buffer[: len(data)] = data
        self.count += len(data)
        self._check()
        return len(data)

    def _check(self) -> None:
        if self.counted and self.count > _GRACE + MAX_RATIO * self.counted.count:
            hint = f"it unpacks to more than {MAX_RATIO} times its size: give it unpacked"
            raise FileRefused("the file is a gzip bomb", code="gzip_bomb", hint=hint)
        if self.count > self.max_bytes:
            hint = "split it into several files"
            message = f"the file holds more than {self.max_bytes} bytes"
            raise FileRefused(message, code="file_too_large", hint=hint)


def _starts(stream: io.BufferedReader) -> bytes:
    return stream.peek(8)[:8]
