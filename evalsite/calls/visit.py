"""Keep to the limits and the breaker of an endpoint that is no model: a live target's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from evalsite.calls.breaker import Breaker
from evalsite.calls.interrupt import no_verdict
from evalsite.calls.limit import Limits
from evalsite.calls.place import Address
from evalsite.calls.retry import backoff, persist
from evalsite.endpoints.models import Endpoint
from judges.models import ModelError
from judges.trouble import RateLimited

T = TypeVar("T")

# What says that the endpoint is broken, not that it dislikes this one request.
BROKEN: Final = frozenset({"target_unreachable", "target_timeout", "target_failed"})
_ANY_MODEL: Final = ""


class Visitor:
    """Goes to one endpoint for one event loop; other workers keep to the same limits."""

    def __init__(self, endpoint: Endpoint, *, limits: Limits, breaker: Breaker) -> None:
        self._address = Address(endpoint, asyncio.Semaphore(endpoint.parallel))
        self._limits = limits
        self._breaker = breaker

    async def visit(self, send: Callable[[], Awaitable[T]]) -> T:
        """Do `send` when the endpoint may be asked; being told to wait is waited for.

        Any other failure is raised at once, for it is the target's answer. Raises ModelError,
        Halt, Interrupted.
        """
        n_limited = 0

        async def attempt() -> T:
            nonlocal n_limited
            try:
                async with self._address.slots:
                    return await self._attempt(send)
            except RateLimited as limited:
                n_limited += 1
                told = limited.retry_after
                seconds = backoff(n_limited) if told is None else told
                await self._limits.pause(self._address, model=_ANY_MODEL, seconds=seconds)
                raise

        with no_verdict:
            return await persist(attempt)

    async def _attempt(self, send: Callable[[], Awaitable[T]]) -> T:
        await self._breaker.pass_by(self._address, model=_ANY_MODEL)
        await self._limits.wait(self._address, model=_ANY_MODEL, tokens=0)
        try:
            answer = await send()
        except ModelError as error:
            if error.code in BROKEN:
                await self._breaker.failed(self._address, error)
            elif not isinstance(error, RateLimited):
                await self._breaker.answered(self._address, model=_ANY_MODEL)
            raise
        await self._breaker.answered(self._address, model=_ANY_MODEL)
        return answer
