"""Where a chunk's calls go: each endpoint with all that is looked up about it once."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import Final, TypeVar
from uuid import UUID

from django.db import connection

from evalsite.calls.desk import Desk
from evalsite.calls.price import Tariff, tariff_at
from evalsite.endpoints.models import Endpoint, EndpointKind
from evalsite.endpoints.post import EndpointPoster
from evalsite.endpoints.queries import find_endpoint
from evalsite.endpoints.read import read_secret
from evalsite.errors import EvalsiteError
from judges.models import Caller
from judges.wire import OpenAIWire

T = TypeVar("T")

USUAL_WIDTH: Final = 25


class EndpointNotChat(EvalsiteError):
    """The endpoint is there, but speaks nothing that a model does."""

    code = "endpoint_not_chat"
    hint = "a judge needs an endpoint of kind chat"
    http_status = 422


@dataclass(slots=True)
class Address:
    """One endpoint as one event loop uses it; `slots` bounds the calls at once.

    What workers share about it belongs to its URL and secret: once those are mended, nobody waits
    for what the old ones have earned.
    """

    endpoint: Endpoint
    slots: asyncio.Semaphore
    whose: str = field(init=False)

    def __post_init__(self) -> None:
        credential = f"{self.endpoint.base_url}\0{self.endpoint.sealed_secret}"
        digest = hashlib.sha256(credential.encode()).hexdigest()[:16]
        self.whose = f"{self.endpoint.tenant_id}:{self.endpoint.name}:{digest}"

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return self.endpoint.name

    def key(self, kind: str, *more: str) -> str:
        """Name something in Valkey that all workers share about this endpoint of the tenant."""
        return ":".join(("evalsite", kind, self.whose, *more))


@dataclass(slots=True)
class Place(Address):
    """An endpoint that speaks as a model does, with what keeps its connections."""

    poster: EndpointPoster
    wire: Caller


class Places:
    """The endpoints of one event loop, each looked up and opened when it is first named."""

    def __init__(self, desk: Desk, *, batch_id: UUID) -> None:
        self._desk = desk
        self._batch_id = batch_id
        self._places: dict[str, asyncio.Task[Place]] = {}
        self._tariffs: dict[tuple[str, str], asyncio.Task[Tariff | None]] = {}

    async def find(self, name: str) -> Place:
        """Answer the endpoint of that name, or the default one.

        Raises EndpointUnknown, EndpointNotChat, SecretSealed and what the network guard does.
        """
        if name not in self._places:
            self._places[name] = asyncio.create_task(self._open(name))
        return await _result(self._places[name])

    async def tariff(self, place: Place, model: str) -> Tariff | None:
        """Answer what the model costs there; None where that is not known."""
        named = (place.name, model)
        if named not in self._tariffs:
            self._tariffs[named] = asyncio.create_task(
                self._desk.do(lambda: tariff_at(place.endpoint, model=model))
            )
        return await _result(self._tariffs[named])

    async def close(self) -> None:
        """Close what was opened."""
        for task in (*self._places.values(), *self._tariffs.values()):
            task.cancel()
        for opened in await asyncio.gather(*self._places.values(), return_exceptions=True):
            if isinstance(opened, Place):
                await opened.poster.aclose()

    async def _open(self, name: str) -> Place:
        endpoint, secret = await self._desk.do(lambda: _look_up(name, batch_id=self._batch_id))
        poster = EndpointPoster(endpoint)
        wire = OpenAIWire(poster.base_url, key=secret, poster=poster, timeout_s=endpoint.timeout_s)
        return Place(endpoint, asyncio.Semaphore(endpoint.parallel), poster, wire)


async def _result(task: asyncio.Task[T]) -> T:
    """Wait for what many wait for; who leaves leaves it to the others."""
    return task.result() if task.done() else await asyncio.shield(task)


def widest() -> int:
    """Answer how many cases of a chunk are worth having under way.

    That is half as many more as calls may be out at once: the next prompts are ready when a call
    ends, instead of being written while its place is empty.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(parallel) FROM endpoints_endpoint")
        most = int(cursor.fetchone()[0] or USUAL_WIDTH)
    return most + most // 2


def chat_endpoint(name: str) -> Endpoint:
    """Answer the endpoint at which a judge asks; raises EndpointUnknown, EndpointNotChat."""
    endpoint = find_endpoint(name)
    if endpoint.kind != EndpointKind.CHAT:
        raise EndpointNotChat(f"endpoint {endpoint.name!r} is of kind {endpoint.kind}")
    return endpoint


def _look_up(name: str, *, batch_id: UUID) -> tuple[Endpoint, str | None]:
    endpoint = chat_endpoint(name)
    return endpoint, read_secret(endpoint, batch_id=batch_id)
