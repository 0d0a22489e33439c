"""Reach an endpoint: look it up where the database is, and open a session where the loop is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from pydantic import SecretStr

from evalsite.calls.visit import Visitor
from evalsite.endpoints.guard import open_session
from evalsite.endpoints.models import RESERVED, Endpoint, EndpointKind
from evalsite.endpoints.queries import find_endpoint
from evalsite.endpoints.read import read_secret
from evalsite.targets.connections.function import find_function
from evalsite.targets.connections.kinds import (
    CallableConnection,
    Connection,
    ConnectionInvalid,
    endpoint_of,
    endpoints_of,
)
from judges.cross_out import cross_out

if TYPE_CHECKING:
    import aiohttp

_SHORTEST_HIDDEN: Final = 4


class Place(NamedTuple):
    """An endpoint and the secret that opens it."""

    endpoint: Endpoint
    secret: SecretStr | None

    def hide(self, text: str) -> str:
        """Cross the secret out, should the other side repeat it."""
        known = self.secret.get_secret_value() if self.secret else ""
        if len(known) < _SHORTEST_HIDDEN:
            return text
        raw = cross_out(text.encode("utf-8", "surrogatepass"), known)
        return raw.decode("utf-8", "surrogatepass")

    def hide_in(self, value: Any) -> Any:
        """Cross the secret out of each text in a JSON value."""
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, list):
            return [self.hide_in(item) for item in value]
        if isinstance(value, dict):
            return {self.hide(name): self.hide_in(item) for name, item in value.items()}
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """An open session to a place."""

    place: Place
    session: aiohttp.ClientSession = field(repr=False)
    visitor: Visitor = field(repr=False)

    @property
    def base_url(self) -> str:
        """The endpoint's URL, without a slash at its end."""
        return self.place.endpoint.base_url.rstrip("/")


def look_up(connection: Connection, *, batch_id: UUID) -> Place | None:
    """Answer the endpoint that the connection calls itself; None where it calls none.

    Raises EndpointUnknown, ConnectionInvalid, SecretSealed.
    """
    name = endpoint_of(connection)
    if name is None:
        return None
    endpoint = _find(name, kind=connection.kind)
    secret = read_secret(endpoint, batch_id=batch_id)
    return Place(endpoint, SecretStr(secret) if secret else None)


def require_reachable(connection: Connection) -> None:
    """Check that each endpoint is there, or the function; nothing is called.

    Raises EndpointUnknown, ConnectionInvalid, CallableRefused.
    """
    if isinstance(connection, CallableConnection):
        find_function(connection.path)
    for name, kind in endpoints_of(connection):
        if (name, kind) != (RESERVED, EndpointKind.CHAT):
            _find(name, kind=kind)


def _find(name: str, *, kind: str) -> Endpoint:
    """Find an endpoint of that kind: a secret is for what it was given for."""
    endpoint = find_endpoint(name)
    if endpoint.kind != kind:
        raise ConnectionInvalid(
            f"endpoint {endpoint.name!r} is of kind {endpoint.kind}, wanted is {kind}"
        )
    return endpoint


@asynccontextmanager
async def reached(
    place: Place | None, *, visitor_of: Callable[[Endpoint], Visitor]
) -> AsyncIterator[Reach | None]:
    """Keep a session open inside the block; raises EndpointBlocked."""
    if place is None:
        yield None
        return
    async with open_session(place.endpoint) as session:
        yield Reach(place=place, session=session, visitor=visitor_of(place.endpoint))
