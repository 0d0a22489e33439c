"""libcurl as it is used: nothing is sent twice, and what fails is told apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from judges.post import Answer, Poster, TooLong, Unreached

OK = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers the requests in turn with these bytes, and hangs up instead where there are none."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []
        self.hung_up = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        while head := await _head(reader):
            length = int(head.lower().split(b"content-length:")[1].split()[0])
            self.bodies.append(await reader.readexactly(length))
            if (answer := self.answers.pop(0)) is None:
                break
            writer.write(answer)
        writer.close()
        self.hung_up.set()


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def posting(server: Server) -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        async with aclosing(Poster()) as poster:

            async def post(body: bytes = b"{}", *, timeout_s: float = 5) -> Answer:
                headers = {"X-B": "2"}
                return await poster.post(
                    url, body, headers=headers, timeout_s=timeout_s, most=1_000
                )

            yield post


def run(work: Callable[..., Any], *answers: bytes | None) -> Server:
    async def whole() -> Server:
        server = Server(*answers)
        async with posting(server) as post:
            await work(post, server)
        return server

    return asyncio.run(whole())


def test_a_request_on_a_dead_connection_is_not_sent_again() -> None:
    async def work(post: Any, _: Server) -> None:
        assert (await post(b"1")).body == b"ok"
        with pytest.raises(ConnectionError) as caught:
            await post(b"2")
        assert not isinstance(caught.value, Unreached)
        assert (await post(b"3")).status == 200

    assert run(work, OK, None, OK).bodies == [b"1", b"2", b"3"]


def test_a_long_body_arrives_whole() -> None:
    long = bytes(range(256)) * 2_000

    async def work(post: Any, _: Server) -> None:
        await post(long)

    assert run(work, OK).bodies == [long]


def test_what_comes_before_the_answer_is_not_the_answer() -> None:
    async def work(post: Any, _: Server) -> None:
        answer = await post()
        assert (answer.status, dict(answer.headers())) == (200, {"X-A": "1", "Content-Length": "2"})

    run(work, b"HTTP/1.1 103 Early Hints\r\nX-C: 3\r\n\r\n" + OK)


def test_an_answer_that_is_too_long_is_not_read_to_its_end() -> None:
    async def work(post: Any, _: Server) -> None:
        with pytest.raises(TooLong):
            await post()
        assert (await post()).body == b"ok"

    run(work, OK.replace(b": 2", b": 1001").replace(b"ok", b"x" * 1001), OK)


def test_who_is_cancelled_hangs_up_and_leaves_the_others_alone() -> None:
    async def work(post: Any, server: Server) -> None:
        server.answers = [b"", OK]
        waiting = asyncio.create_task(post())
        while not server.bodies:
            await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.wait_for(server.hung_up.wait(), 5)
        assert (await post()).body == b"ok"

    run(work)


def test_time_runs_out() -> None:
    async def work(post: Any, _: Server) -> None:
        with pytest.raises(TimeoutError):
            await post(timeout_s=0.05)

    run(work, b"")


def test_nobody_there_means_that_nothing_was_sent() -> None:
    async def ask() -> None:
        async with aclosing(Poster()) as poster:
            for url in ("http://127.0.0.1:1/", "https://127.0.0.1:1/", "http://x.invalid/"):
                with pytest.raises(Unreached):
                    await poster.post(url, b"", headers={}, timeout_s=5, most=1)

    asyncio.run(ask())


def test_an_address_that_is_refused_is_not_connected_to() -> None:
    class Choosy(Poster):
        def refusal(self, address: str, port: int) -> Exception | None:
            return LookupError(f"{address} {port}")

    async def ask() -> None:
        async with aclosing(Choosy()) as poster:
            await poster.post("http://[::1]:7/", b"", headers={}, timeout_s=5, most=1)

    with pytest.raises(LookupError, match="::1 7"):
        asyncio.run(ask())


def test_a_header_does_not_end_in_another_one() -> None:
    async def ask() -> None:
        async with aclosing(Poster()) as poster:
            split = {"Authorization": "Bearer x\r\nX-Evil: 1"}
            await poster.post("http://127.0.0.1:9/", b"", headers=split, timeout_s=1, most=9)

    with pytest.raises(ValueError, match="end of a line"):
        asyncio.run(ask())
