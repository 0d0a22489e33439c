"""Bodies are read up to a limit, and in flat memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.unreader import IterUnreader

from evalsite.api.frame.body import (
    BodyCutShort,
    BodyTooLarge,
    lines_capped,
    read_capped,
    take_chunks,
)


class Generated:
    """A body that is made while it is read, and counts what was."""

    def __init__(self, piece: bytes, *, times: int) -> None:
        self.piece, self.left, self.count, self.rest = piece, times, 0, b""

    def read(self, size: int = -1, /) -> bytes:
        while self.left and len(self.rest) < size:
            self.rest += self.piece
            self.left -= 1
        data, self.rest = self.rest[:size], self.rest[size:]
        self.count += len(data)
        return data


def lines(stream: Any, *, limit: int = 10**6, line_limit: int = 1000) -> list[bytes]:
    return list(lines_capped(stream, limit=limit, line_limit=line_limit))


def sent(body: bytes, *, told: int) -> WSGIRequest:
    """A request that tells a length."""
    return WSGIRequest(environ(body, CONTENT_LENGTH=str(told)))


def environ(body: bytes, **more: object) -> dict[str, Any]:
    """What a server hands to the application."""
    return {**RequestFactory().get("/").environ, "wsgi.input": io.BytesIO(body), **more}


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert read_capped(io.BytesIO(b"x" * 100), limit=100) == b"x" * 100


def test_a_longer_one_is_refused_where_it_gets_too_long() -> None:
    body = Generated(b"x" * 1000, times=10**6)
    with pytest.raises(BodyTooLarge) as told:
        read_capped(body, limit=5000)
    assert (told.value.http_status, body.count) == (413, 5001)


def test_one_that_tells_its_length_is_refused_unread() -> None:
    request = sent(b"x" * 200, told=200)
    with pytest.raises(BodyTooLarge):
        read_capped(request, limit=100)
    with pytest.raises(BodyTooLarge):
        lines_capped(request, limit=100, line_limit=10)
    assert request.read() == b"x" * 200


@pytest.mark.parametrize("read", [lambda r: read_capped(r, limit=100), lines])
def test_a_body_that_ends_early_is_no_body(read: Callable[[Any], object]) -> None:
    with pytest.raises(BodyCutShort, match="6 of 9 bytes"):
        read(sent(b"{}\n{}\n", told=9))


def test_a_body_that_breaks_off_is_no_body() -> None:
    class Broken:
        def read(self, size: int, /) -> bytes:
            raise ConnectionResetError("peer")

    with pytest.raises(BodyCutShort, match="ConnectionResetError"):
        read_capped(Broken(), limit=100)


def test_lines_come_one_by_one() -> None:
    assert lines(io.BytesIO(b"a\n\nbc")) == [b"a\n", b"\n", b"bc"]


def test_a_line_too_long_is_named() -> None:
    with pytest.raises(BodyTooLarge, match="line 2") as told:
        lines(io.BytesIO(b"a\n" + b"x" * 2000 + b"\n"))
    assert told.value.code == "line_too_long"


def test_lines_that_are_too_many_are_refused() -> None:
    with pytest.raises(BodyTooLarge) as told:
        lines(Generated(b"x\n", times=1000), limit=1000)
    assert told.value.code == "body_too_large"


def test_memory_stays_flat() -> None:
    def read(times: int) -> None:
        body = Generated(b'{"a":"' + b"x" * 500 + b'"}\n', times=times)
        assert sum(1 for _ in lines_capped(body, limit=2**30, line_limit=2**20)) == times

    small = peak(lambda: read(200))
    assert peak(lambda: read(60_000)) < small + 300_000


def test_a_line_without_end_costs_no_memory() -> None:
    body = Generated(b"x" * 2**16, times=2000)

    def read() -> None:
        with pytest.raises(BodyTooLarge):
            list(lines_capped(body, limit=2**30, line_limit=2**20))

    assert peak(read) < 5 * 2**20


@pytest.mark.parametrize(("ends", "body"), [(True, b"a\nb\n"), (False, b"")])
def test_chunks_are_read_where_the_server_ends_them(ends: bool, body: bytes) -> None:
    seen = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(b"".join(lines(WSGIRequest(environ))))
        return []

    told = environ(b"a\nb\n", HTTP_TRANSFER_ENCODING="chunked")
    take_chunks(application)({**told, "wsgi.input_terminated": ends}, None)
    assert seen == [body]


@pytest.mark.parametrize(
    "sent", [b"zz\r\nabc\r\n0\r\n\r\n", b"-5\r\nabc\r\n0\r\n\r\n", b"3\r\nabcde"]
)
def test_chunks_that_are_none_are_no_body(sent: bytes) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return lines(WSGIRequest(environ))

    body = Body(ChunkedReader(None, IterUnreader([sent])))
    told = environ(b"", HTTP_TRANSFER_ENCODING="chunked")
    with pytest.raises(BodyCutShort):
        take_chunks(application)({**told, "wsgi.input": body, "wsgi.input_terminated": True}, None)
