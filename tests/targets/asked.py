"""Ask a connection as a chunk does: endpoints looked up, sessions open, models called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import SecretStr

from evalsite.calls.visit import Visitor
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.post import EndpointPoster
from evalsite.targets.connections.ask import ask
from evalsite.targets.connections.kinds import read_connection
from evalsite.targets.connections.reach import Place, reached
from evalsite.targets.connections.reply import Reply
from judges.models import calling
from judges.wire import OpenAIWire
from packs.registry import PACKS

T = TypeVar("T")


def asked(
    connection: dict[str, Any],
    given: Any,
    *,
    url: str = "",
    model_url: str = "",
    pack: str = "exact",
    secret: str = "",
) -> Reply:
    """Ask once: `url` is the target's endpoint, `model_url` the one of the chat model."""
    place = Place(endpoint_at(url), SecretStr(secret) if secret else None) if url else None

    async def run() -> Reply:
        model = endpoint_at(model_url or "https://nobody.example.org")
        async with (
            reached(place, visitor_of=lambda _: Unbounded()) as reach,
            aclosing(EndpointPoster(model)) as poster,
        ):
            wire = OpenAIWire(model_url, key=None, poster=poster, timeout_s=5)
            with calling(wire):
                kind = PACKS.load(pack).value
                return await ask(read_connection(connection), given, pack=kind, reach=reach)

    return asyncio.run(run())


class Unbounded(Visitor):
    """Keeps no limit, so that no broker is wanted."""

    def __init__(self) -> None:
        pass

    async def visit(self, send: Callable[[], Awaitable[T]]) -> T:
        """Do it."""
        return await send()


def endpoint_at(url: str) -> Endpoint:
    """An endpoint that is in no database."""
    return Endpoint(name="e", base_url=url, tenant_id=uuid4(), timeout_s=2)


def open_loopback(knobs: Callable[..., None]) -> None:
    """Let endpoints be on this machine."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
