"""What all workers know of an endpoint, looked at now and then: is it paused, is it broken.

A look is one round trip to Valkey for all calls of the next moment, as it would otherwise cost as
much processor time as the call itself.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from evalsite.calls.place import Address

if TYPE_CHECKING:
    from redis.asyncio import Redis

# How old a look may be: so much later than the others may a worker learn of a pause.
STALE_S: Final = 0.1


class Seen(NamedTuple):
    """Until when (time.monotonic) nobody may ask, what broke the endpoint, failures in a row."""

    at: float
    paused_until: float
    broken_by: str
    n_failures: int


class Gate:
    """The looks of one event loop."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._seen: dict[tuple[str, str], Seen] = {}
        self._looks: dict[tuple[str, str], asyncio.Future[Seen]] = {}

    async def look(self, place: Address, *, model: str) -> Seen:
        """Answer what is known of a model at an endpoint, at most STALE_S ago."""
        asked = (place.whose, model)
        seen = self._seen.get(asked)
        if seen is not None and time.monotonic() - seen.at < STALE_S:
            return seen
        if asked not in self._looks:
            self._looks[asked] = look = asyncio.ensure_future(self._look(place, model=model))
            look.add_done_callback(_heard)
        return await asyncio.shield(self._looks[asked])

    def forget(self) -> None:
        """Look again before the next call: this worker has changed something."""
        self._seen.clear()

    async def _look(self, place: Address, *, model: str) -> Seen:
        asked = (place.whose, model)
        try:
            # How long a pause lasts is a second question, and hardly ever one.
            pause = pause_key(place, model=model)
            keys = (pause, place.key("broken"), place.key("failures"))
            paused, broken_by, n_failures = await self._client.mget(keys)
            left = await self._client.pttl(pause) if paused else 0
        finally:
            self._looks.pop(asked, None)
        now = time.monotonic()
        seen = Seen(now, now + max(left, 0) / 1000, str(broken_by or ""), int(n_failures or 0))
        self._seen[asked] = seen
        return seen


def _heard(look: asyncio.Future[Seen]) -> None:
    """Take what a look raised: all who waited for it may be gone, and asyncio would complain."""
    if not look.cancelled():
        look.exception()


def pause_key(place: Address, *, model: str) -> str:
    """Name the pause of a model at an endpoint."""
    return place.key("pause", model)
