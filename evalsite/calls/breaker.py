"""Stop asking an endpoint that fails again and again, for all workers at once.

After LIMIT failures in a row nobody asks it for a while. Then one call tries, and the others wait
for what comes of it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from evalsite.calls.gate import Gate
from evalsite.calls.place import Address
from judges.models import Halt, ModelError

if TYPE_CHECKING:
    from redis.asyncio import Redis

LIMIT: Final = 8
OPEN_S: Final = 30.0
_REMEMBERED_S: Final = 600
_NAP_S: Final = 0.1


class Breaker:
    """The failures of endpoints as one event loop knows them; all loops count together."""

    def __init__(self, client: Redis, *, gate: Gate) -> None:
        self._client = client
        self._gate = gate

    async def pass_by(self, place: Address, *, model: str) -> None:
        """Return when the endpoint may be asked; raises Halt `endpoint_broken` while it is open."""
        while True:
            seen = await self._gate.look(place, model=model)
            if seen.broken_by:
                raise Halt("endpoint_broken", _reason(place, told=seen.broken_by))
            if seen.n_failures < LIMIT or await self._may_try(place):
                return
            await asyncio.sleep(_NAP_S)

    async def failed(self, place: Address, error: ModelError) -> None:
        """Note a failure; the LIMIT-th in a row opens the breaker."""
        key = place.key("failures")
        self._gate.forget()
        async with self._client.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, _REMEMBERED_S)
            n_failures, _ = await pipe.execute()
        if n_failures >= LIMIT:
            # Only code and status: what the endpoint said may quote a case.
            told = error.code if error.status is None else f"{error.code} (HTTP {error.status})"
            await self._client.set(place.key("broken"), told, px=int(OPEN_S * 1000))
            await self._client.delete(place.key("probe"))

    async def answered(self, place: Address, *, model: str) -> None:
        """Note that the endpoint has answered: whatever failed before is forgotten."""
        seen = await self._gate.look(place, model=model)
        if seen.n_failures:
            self._gate.forget()
            keys = (place.key(kind) for kind in ("failures", "broken", "probe"))
            await self._client.delete(*keys)

    async def _may_try(self, place: Address) -> bool:
        seconds = place.endpoint.timeout_s + 5
        key = place.key("probe")
        return bool(await self._client.set(key, 1, px=int(seconds * 1000), nx=True))


def _reason(place: Address, *, told: str) -> str:
    return (
        f"endpoint {place.name!r} failed {LIMIT} times in a row, the last time with {told}; "
        f"for {OPEN_S:.0f} s it is left alone"
    )
