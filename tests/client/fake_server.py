"""A server on loopback that answers as it is told, and keeps what it was asked."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What its body says."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered; `drop` hangs up instead, `drop_after` as soon as it is answered."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    drop_after: bool = False


Respond = Callable[[Asked], Reply]


class FakeServer:
    """Answers with what `respond` says; `asked` are all requests so far."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self.asked: list[Asked] = []
        self.url = ""

    @property
    def paths(self) -> list[str]:
        """The requests as `METHOD /path`."""
        return [f"{one.method} {one.path}" for one in self.asked]


def problem(status: int, **told: Any) -> Reply:
    """Answer problem details."""
    headers = {name: told.pop(name) for name in [*told] if name == "Retry-After"}
    return Reply(status, {"status": status, **told}, headers)


def in_turn(*replies: Reply) -> Respond:
    """Answer one after another, then the last one for ever."""
    left = [*replies]
    return lambda asked: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def serving(respond: Respond) -> Iterator[FakeServer]:
    """Serve on loopback until the block ends."""
    fake = FakeServer(respond)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()


def _handler(fake: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def answer(self) -> None:
            address = urlsplit(self.path)
            params = {name: values[0] for name, values in parse_qs(address.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Asked(self.command, address.path, params, headers, body)
            fake.asked.append(asked)
            self._send(fake.respond(asked))

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def _send(self, reply: Reply) -> None:
            if reply.drop:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = self.close_connection or reply.drop_after

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
