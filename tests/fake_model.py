"""A server that speaks as a model's endpoint does, on loopback, with any fault one asks for.

`with fake_model("yes") as fake:` gives `fake.base_url` and `fake.calls`. What it says is a text, a
Fault, or a function of the Call. As a program (`python -m tests.fake_model`) it prints its URL and
serves until its standard input closes, so that a bench can have it in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BIGGEST_BODY = 64 * 2**20
DIMENSIONS = 8


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as it came in; `at` is in seconds of time.monotonic()."""

    path: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    at: float

    @property
    def prompt(self) -> str:
        """All messages as one text."""
        return "\n".join(str(message["content"]) for message in self.body.get("messages", ()))


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong: a status with a body and headers, a hang-up, a wait, a reply cut short.

    Without a body it is the reply that says `say`.
    """

    say: str = "OK"
    status: int = 200
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reset: bool = False
    wait_s: float = 0.0
    cut_after: int | None = None


def rate_limited(retry_after: float | str) -> Fault:
    """Give the fault of too many requests."""
    return Fault(status=429, headers={"Retry-After": str(retry_after)}, body="slow down")


FAILED = Fault(status=500, body="something broke")
RESET = Fault(reset=True)
TRUNCATED = Fault(cut_after=40)

Message = str | Mapping[str, Any]
Script = Message | Fault | Callable[[Call], Message | Fault]


class FakeModel:
    """The running server. `say` may be changed while it runs; `calls` grows."""

    def __init__(self, say: Script, *, latency_s: float, takes_schema: bool) -> None:
        self.say = say
        self.latency_s = latency_s
        self.takes_schema = takes_schema
        self.base_url = ""
        self.calls: list[Call] = []
        self.most_at_once = 0
        self._now = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Note the call and answer it as the script says."""
        body = json.loads(await request.read())
        headers = dict(request.headers)
        call = Call(path=request.path, body=body, headers=headers, at=time.monotonic())
        self.calls.append(call)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            await asyncio.sleep(self.latency_s)
            return await self._answer(request, call)
        finally:
            self._now -= 1

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        if not self.takes_schema and "json_schema" in str(call.body.get("response_format")):
            return web.Response(status=400, text="response_format json_schema is not supported")
        said = self.say(call) if callable(self.say) else self.say
        fault = said if isinstance(said, Fault) else Fault()
        await asyncio.sleep(fault.wait_s)
        if fault.reset and request.transport is not None:
            request.transport.abort()
            return web.Response()
        message = fault.say if isinstance(said, Fault) else said
        text = json.dumps(_reply(call, message)) if fault.body is None else fault.body
        return web.Response(
            status=fault.status,
            headers=fault.headers,
            text=text[: fault.cut_after],
            content_type="application/json",
        )


@contextmanager
def fake_model(
    say: Script = "OK", *, latency_s: float = 0.0, takes_schema: bool = True, port: int = 0
) -> Iterator[FakeModel]:
    """Run the server in a thread of its own until the block ends."""
    fake = FakeModel(say, latency_s=latency_s, takes_schema=takes_schema)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_start(fake, port), loop).result()
    try:
        yield fake
    finally:
        asyncio.run_coroutine_threadsafe(_stop(runner), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(fake: FakeModel, port: int) -> web.AppRunner:
    app = web.Application(client_max_size=BIGGEST_BODY)
    app.router.add_post("/v1/{rest:.*}", fake.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    fake.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    return runner


async def _stop(runner: web.AppRunner) -> None:
    await runner.cleanup()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _reply(call: Call, said: Message) -> dict[str, Any]:
    if call.path.endswith("/embeddings"):
        texts = call.body["input"]
        data = [{"index": i, "embedding": vector(text)} for i, text in enumerate(texts)]
        words = sum(len(text.split()) for text in texts)
        return {"data": data, "usage": {"prompt_tokens": words, "total_tokens": words}}
    message = said if isinstance(said, Mapping) else {"content": said}
    words_in, words_out = len(call.prompt.split()), len(str(message.get("content")).split())
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "model": call.body.get("model", "fake"),
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
        ],
        "usage": {"prompt_tokens": words_in, "completion_tokens": words_out},
    }


def vector(text: str) -> list[float]:
    """Give the vector of a text: the same for the same text, another for another."""
    digest = hashlib.sha256(text.encode()).digest()
    return [byte / 255 for byte in digest[:DIMENSIONS]]


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--say", default="OK")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    with fake_model(given.say, latency_s=given.latency, port=given.port) as fake:
        print(fake.base_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
