"""A small HTTP service on loopback, for live targets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = (200, b'{"data": {"answer": "4"}, "usage": {"in": 5, "out": 7, "usd": 0.25}}')


class Service:
    """A small HTTP server; `answers`, then `answer`, are status and body; `got` is what came in."""

    def __init__(self) -> None:
        self.answer: tuple[int, bytes] = GOOD
        self.answers: list[tuple[int, bytes]] = []
        self.got: list[tuple[str, str, dict[str, str], bytes]] = []
        self.url = ""


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Run it in a thread until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def handle_all(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            service.got.append((self.command, self.path, dict(self.headers), body))
            status, text = service.answers.pop(0) if service.answers else service.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    for verb in ("GET", "POST"):
        setattr(Handler, f"do_{verb}", Handler.handle_all)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
