"""Read what a stranger sends, and no more of it than is allowed: memory stays flat."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.http import HttpRequest

from evalsite.errors import EvalsiteError
from evalsite.exchange.lines import capped_lines

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE: Final = 2**16
# Stands for the length of a body in chunks, which nobody knows before its end.
UNTOLD: Final = 2**62

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class BodyTooLarge(EvalsiteError):
    """A body, or a line of it, is larger than is read here."""

    code = "body_too_large"
    hint = "send it in several requests, or as JSON lines where the address takes them"
    http_status = 413


class BodyCutShort(EvalsiteError):
    """The body ended before it was whole."""

    code = "body_cut_short"
    hint = "send it again"
    http_status = 400


class Readable(Protocol):
    """A request, or anything else that bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Answer up to so many bytes, none at the end."""


def read_capped(stream: Readable, *, limit: int) -> bytes:
    """Answer a whole body of at most `limit` bytes; raises BodyTooLarge and BodyCutShort."""
    capped = Capped(stream, limit=limit)
    return b"".join(iter(lambda: capped.take(PIECE), b""))


def lines_capped(stream: Readable, *, limit: int, line_limit: int) -> Iterator[bytes]:
    """Answer a body's lines as they come, with their ends.

    The body has at most `limit` bytes, a line `line_limit`. Raises BodyTooLarge (`body_too_large`,
    `line_too_long`) and BodyCutShort, before the first line where the length was told.
    """
    capped = io.BufferedReader(Capped(stream, limit=limit), PIECE)
    return lines_of(capped, line_limit=line_limit)


def lines_of(stream: io.BufferedIOBase, *, line_limit: int) -> Iterator[bytes]:
    """Answer a stream's lines, with their ends; raises BodyTooLarge (`line_too_long`)."""
    for number, line in capped_lines(stream, limit=line_limit):
        if line is None:
            message = f"line {number} is longer than {line_limit} bytes"
            raise BodyTooLarge(message, code="line_too_long", hint="split it")
        yield line


def take_chunks(application: Application) -> Application:
    """Let an application read bodies whose length is not told (`Transfer-Encoding: chunked`).

    Django takes a body without a length for an empty one. Only for servers that end it themselves.
    """

    def serve(environ: Environ, start_response: Any) -> Iterable[bytes]:
        is_chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if is_chunked and environ.get("wsgi.input_terminated"):
            environ["CONTENT_LENGTH"] = str(UNTOLD)
            environ["wsgi.input"] = _Chunks(environ["wsgi.input"])
        return application(environ, start_response)

    return serve


class _Chunks:
    """A body in chunks; chunks that are none break it off."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, *size: int) -> Any:
        from gunicorn.http.errors import ParseException

        try:
            return self._stream.read(*size)
        except ParseException as error:
            raise ConnectionAbortedError("chunks that are none") from error


class Capped(io.RawIOBase):
    """Refuses what is too long by the length told, else where it gets too long."""

    def __init__(self, stream: Readable, *, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._count = 0
        self._told = _told_length(stream)
        if self._told is not None:
            self._require_fits(self._told)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        room = memoryview(buffer)
        data = self.take(len(room))
        room[: len(data)] = data
        return len(data)

    def take(self, size: int) -> bytes:
        """Answer up to so many bytes, none at the end of a whole body."""
        try:
            data = self._stream.read(min(size, self._limit - self._count + 1))
        except OSError as error:
            raise BodyCutShort(f"the body broke off: {type(error).__name__}") from None
        self._count += len(data)
        self._require_fits(self._count)
        if not data and self._told is not None and self._count < self._told:
            raise BodyCutShort(f"{self._count} of {self._told} bytes came")
        return data

    def _require_fits(self, length: int) -> None:
        if length > self._limit:
            raise BodyTooLarge(f"the body is larger than {self._limit} bytes")


def _told_length(stream: Readable) -> int | None:
    told = stream.META.get("CONTENT_LENGTH", "") if isinstance(stream, HttpRequest) else ""
    return int(told) if str(told).isdecimal() and int(told) != UNTOLD else None
