"""A provider of OpenID Connect that says of everybody what it was told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Provider:
    """Its address, and whom it names next."""

    def __init__(self) -> None:
        self.person: dict[str, Any] = {}
        self.url = ""

    def answer(self, path: str) -> dict[str, Any]:
        """What it answers at one of its addresses."""
        if path == "/token":
            return {"access_token": "t", "token_type": "Bearer"}
        if path == "/userinfo":
            return self.person
        places = {name: f"{self.url}/{name}" for name in ("authorize", "token", "userinfo")}
        return {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
            "authorization_endpoint": places["authorize"],
            "token_endpoint": places["token"],
            "userinfo_endpoint": places["userinfo"],
        }


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run one on the loopback until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(provider.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
