"""Asking models in library mode: `with library_caller(base_url, key): packs.evaluate(...)`.

A notebook's event loop and the short loops of asyncio.run cannot share connections. So these have
a thread and a loop of their own, and every question is carried there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from judges.models import Caller, ChatReply, ChatRequest, EmbedReply, EmbedRequest, calling
from judges.post import Poster
from judges.wire import OpenAIWire

T = TypeVar("T")


@contextmanager
def library_caller(
    base_url: str, key: str | None = None, *, timeout_s: float = 60
) -> Iterator[Caller]:
    """Let the endpoint at a base URL (such as http://localhost:11434/v1) answer in this block.

    Nothing is limited, cached or tried twice, and any address may be asked: it is for one person
    at their own machine. The server has the model lane for that.
    """
    with _own_loop() as loop:
        poster = Poster()
        wire = OpenAIWire(base_url, key=key, poster=poster, timeout_s=timeout_s)
        there = _There(wire, loop=loop)
        try:
            with calling(there):
                yield there
        finally:
            asyncio.run_coroutine_threadsafe(poster.aclose(), loop).result()


@contextmanager
def _own_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="library_caller", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _There:
    """A Caller whose connections live in another loop."""

    def __init__(self, wire: OpenAIWire, *, loop: asyncio.AbstractEventLoop) -> None:
        self._wire = wire
        self._loop = loop

    async def chat(self, request: ChatRequest) -> ChatReply:
        return await self._carried(self._wire.chat(request))

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        return await self._carried(self._wire.embed(request))

    async def _carried(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
