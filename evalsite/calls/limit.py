"""Keep to an endpoint's requests and tokens per minute, together with every other worker.

Moving windows in the broker's Valkey are the truth (library `limits`). A minute's allowance is
spread over shorter windows, as providers do, so that it is not spent in the first second.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from evalsite.calls.gate import Gate, pause_key
from evalsite.calls.place import Address
from evalsite.calls.retry import LONGEST_TOLD_S
from judges.models import Halt

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.aio.strategies import MovingWindowRateLimiter
    from redis.asyncio import Redis

_REQUESTS, _TOKENS = "requests", "tokens"
# What rounding a window's allowance down may cost, of the whole.
_LOSS = 0.01
# A call goes out some milliseconds after its place came free: the longer the window, the less of
# the rate that loses; the shorter, the smaller the burst at the start.
_SHORTEST_S = 2
_TOKEN_WINDOW_S = 10
# A window of tokens is kept in so many units at most: each unit is an entry in Valkey.
_TOKEN_UNITS = 1_000
_LONGEST_NAP_S = 0.25


class Window(NamedTuple):
    """So many units in so many seconds."""

    amount: int
    seconds: int


class Limits:
    """The limits of one event loop's calls; other loops count in the same windows."""

    def __init__(self, client: Redis, *, gate: Gate) -> None:
        self._client = client
        self._gate = gate
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @cached_property
    def _windows(self) -> MovingWindowRateLimiter:
        """The windows, for which most endpoints have no use."""
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import MovingWindowRateLimiter

        pool: dict[str, Any] = {"connection_pool": self._client.connection_pool}
        storage = RedisStorage("async+redis://", implementation="redispy", **pool)
        return MovingWindowRateLimiter(storage)

    async def wait(self, place: Address, *, model: str, tokens: int) -> None:
        """Return when a call with about so many tokens may go out, which is then counted.

        Raises Halt `endpoint_rate_limited` where the endpoint has asked for too long a pause.
        """
        await self._wait_for_pause(place, model=model)
        if not _is_limited(place):
            return
        windows = list(_windows(place, tokens=tokens))
        async with self._turns[pause_key(place, model=model)]:
            await self._wait_for_pause(place, model=model)
            for kind, window, cost in windows:
                item = _item(window)
                while not await self._windows.hit(item, place.key(kind, model), cost=cost):
                    await asyncio.sleep(await self._until_free(item, place.key(kind, model)))
                    await self._wait_for_pause(place, model=model)

    async def add(self, place: Address, *, model: str, tokens: int) -> None:
        """Count tokens that a call took beyond what was foreseen, as far as the window has room."""
        if tokens <= 0 or place.endpoint.tokens_per_minute is None:
            return
        for kind, window, cost in _windows(place, tokens=tokens):
            if kind == _TOKENS:
                await self._windows.hit(_item(window), place.key(kind, model), cost=cost)

    async def pause(self, place: Address, *, model: str, seconds: float) -> None:
        """Let nobody ask this model for so many seconds: the endpoint has said so."""
        key, milliseconds = pause_key(place, model=model), max(1, int(seconds * 1000))
        self._gate.forget()
        # A pause is made longer by another, never shorter.
        if await self._client.pttl(key) < milliseconds:
            await self._client.set(key, 1, px=milliseconds)

    async def _until_free(self, item: RateLimitItem, key: str) -> float:
        stats = await self._windows.get_window_stats(item, key)
        return min(max(stats.reset_time - time.time(), 0.001), _LONGEST_NAP_S)

    async def _wait_for_pause(self, place: Address, *, model: str) -> None:
        while True:
            seen = await self._gate.look(place, model=model)
            left = seen.paused_until - time.monotonic()
            if left <= 0:
                return
            if left > LONGEST_TOLD_S:
                wanted = f"endpoint {place.name!r} wants {left:.0f} s of patience (HTTP 429)"
                raise Halt("endpoint_rate_limited", wanted)
            await asyncio.sleep(left)


def _is_limited(place: Address) -> bool:
    endpoint = place.endpoint
    return endpoint.requests_per_minute is not None or endpoint.tokens_per_minute is not None


def window_of(per_minute: int) -> Window:
    """Answer the shortest window whose whole allowance loses no more than _LOSS of the rate."""
    for seconds in range(_SHORTEST_S, 60):
        exact = per_minute * seconds / 60
        if int(exact) >= exact * (1 - _LOSS):
            return Window(int(exact), seconds)
    return Window(per_minute, 60)


def _windows(place: Address, *, tokens: int) -> Iterator[tuple[str, Window, int]]:
    """Yield what to count, in which window, and how much of it this call takes."""
    requests, per_minute = place.endpoint.requests_per_minute, place.endpoint.tokens_per_minute
    if requests is not None:
        yield _REQUESTS, window_of(requests), 1
    if per_minute is not None:
        amount = max(1, per_minute * _TOKEN_WINDOW_S // 60)
        unit = -(-amount // _TOKEN_UNITS)
        whole = amount // unit
        # A call that is larger than a window waits for a whole one.
        yield _TOKENS, Window(whole, _TOKEN_WINDOW_S), min(-(-tokens // unit), whole)


def _item(window: Window) -> RateLimitItem:
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(window.amount, window.seconds)
