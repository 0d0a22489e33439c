"""The two ways to call an endpoint, which lead to no other place."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any
from uuid import uuid4

from evalsite.endpoints.guard import open_session
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.post import EndpointPoster

Door = Callable[[str], Coroutine[Any, Any, str]]


def endpoint_at(url: str) -> Endpoint:
    """An endpoint that is in no database."""
    return Endpoint(name="e", base_url=url, tenant_id=uuid4())


async def by_session(url: str) -> str:
    """Get the page of an endpoint by a session of aiohttp."""
    async with open_session(endpoint_at(url)) as session:
        async with session.get(f"{url}/") as response:
            return await response.text()


async def by_poster(url: str) -> str:
    """Post to an endpoint by libcurl, and answer what it said."""
    async with aclosing(EndpointPoster(endpoint_at(url))) as poster:
        answer = await poster.post(f"{url}/", b"{}", headers={}, timeout_s=5, most=1_000)
        return answer.body.decode()
