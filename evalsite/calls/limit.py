"""Keep to an endpoint's requests and tokens per minute, together with every other worker.

Moving windows in the broker's Valkey are the truth (library `limits`). A minute's allowance is
spread over shorter windows, as providers do, so that it is not spent in the first second.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from evalsite.calls.place import Address

if TYPE_CHECKING:
    from limits import RateLimitItem
    from redis.asyncio import Redis

_REQUESTS, _TOKENS = "requests", "tokens"
# What rounding a window's allowance down may cost, of the whole.
_LOSS = 0.01
_TOKEN_WINDOW_S = 10
# A window of tokens is kept in so many units at most: each unit is an entry in Valkey.
_TOKEN_UNITS = 1_000
_LONGEST_NAP_S = 0.25
# How old what is known of a pause may be.
_STALE_S = 0.05


class Window(NamedTuple):
    """So many units in so many seconds."""

    amount: int
    seconds: int


class Limits:
    """The limits of one event loop's calls; other loops count in the same windows."""

    def __init__(self, client: Redis) -> None:
        from limits.aio.storage import RedisStorage
        from limits.aio.strategies import MovingWindowRateLimiter

        self._client = client
        pool: dict[str, Any] = {"connection_pool": client.connection_pool}
        storage = RedisStorage("async+redis://", implementation="redispy", **pool)
        self._windows = MovingWindowRateLimiter(storage)
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._paused: dict[str, tuple[float, float]] = {}

    async def wait(self, place: Address, *, model: str, tokens: int) -> None:
        """Return when a call with about so many tokens may go out, which is then counted."""
        pause = place.key("pause", model)
        async with self._turns[pause]:
            await self._wait_for_pause(pause)
            for kind, window, cost in _windows(place, tokens=tokens):
                await self._take(window, cost, key=place.key(kind, model), pause=pause)

    async def add(self, place: Address, *, model: str, tokens: int) -> None:
        """Count tokens that a call took beyond what was foreseen, as far as the window has room."""
        from limits import RateLimitItemPerSecond

        for kind, window, cost in _windows(place, tokens=tokens):
            if kind == _TOKENS and tokens > 0:
                item = RateLimitItemPerSecond(window.amount, window.seconds)
                await self._windows.hit(item, place.key(kind, model), cost=cost)

    async def pause(self, place: Address, *, model: str, seconds: float) -> None:
        """Let nobody ask this model for so many seconds: the endpoint has said so."""
        key = place.key("pause", model)
        self._paused.pop(key, None)
        milliseconds = max(1, int(seconds * 1000))
        # A pause is made longer by another, never shorter.
        if await self._client.pttl(key) < milliseconds:
            await self._client.set(key, 1, px=milliseconds)

    async def _take(self, window: Window, cost: int, *, key: str, pause: str) -> None:
        from limits import RateLimitItemPerSecond

        item = RateLimitItemPerSecond(window.amount, window.seconds)
        while not await self._windows.hit(item, key, cost=cost):
            await asyncio.sleep(await self._until_free(item, key))
            await self._wait_for_pause(pause)

    async def _until_free(self, item: RateLimitItem, key: str) -> float:
        stats = await self._windows.get_window_stats(item, key)
        return min(max(stats.reset_time - time.time(), 0.001), _LONGEST_NAP_S)

    async def _wait_for_pause(self, key: str) -> None:
        while (left := await self._left_of_pause(key)) > 0:
            await asyncio.sleep(left)

    async def _left_of_pause(self, key: str) -> float:
        now = time.monotonic()
        known_at, until = self._paused.get(key, (0.0, 0.0))
        if now - known_at > _STALE_S:
            until = now + max(await self._client.pttl(key), 0) / 1000
            self._paused[key] = (now, until)
        return until - now


def window_of(per_minute: int) -> Window:
    """Answer the shortest window whose whole allowance loses no more than _LOSS of the rate."""
    for seconds in range(1, 60):
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
