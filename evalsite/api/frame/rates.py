"""Count requests in windows that all web processes share, in Valkey.

A window opens with its first request and is over when its time is (library `limits`: fixed window).
While Valkey is away each process counts for itself.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings

from evalsite.valkey import PATIENCE_S, WhileItAnswers, client_url

if TYPE_CHECKING:
    from limits import RateLimitItem
    from redis import Redis
    from redis.commands.core import Script

# Counts in each window in turn and stops at the first that is full, so that what a key sends
# beyond its own rate takes nothing from its tenant's. Answers [place of the full, seconds left].
_COUNT: Final = """
for place, key in ipairs(KEYS) do
    local count = redis.call('INCR', key)
    if count == 1 then redis.call('EXPIRE', key, ARGV[2 * place]) end
    if count > tonumber(ARGV[2 * place - 1]) then return {place, redis.call('TTL', key)} end
end
return {0, 0}
"""


class Window(NamedTuple):
    """Whose requests are counted (`key:<id>`, `tenant:<id>` ...), and how many may come."""

    whose: str
    rate: RateLimitItem


class Full(NamedTuple):
    """The first of the windows that had no room, by its place, and in how many seconds it ends."""

    place: int
    seconds: float


class Counter:
    """Counts in Valkey while it answers, else in this process."""

    def __init__(self, client: Redis) -> None:
        from limits.storage import MemoryStorage
        from limits.strategies import FixedWindowRateLimiter

        self._count: Script = client.register_script(_COUNT)
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._valkey = WhileItAnswers("rates")

    def count(self, *windows: Window) -> Full | None:
        """Count one request in each window; answers the first that is full, None where none is."""
        return self._valkey.ask(
            lambda: self._in_valkey(windows), lambda: self._in_this_process(windows)
        )

    def _in_valkey(self, windows: tuple[Window, ...]) -> Full | None:
        place, seconds = self._count(
            keys=[window.rate.key_for(window.whose) for window in windows],
            args=[
                number
                for window in windows
                for number in (window.rate.amount, window.rate.get_expiry())
            ],
        )
        return Full(place - 1, max(1, seconds)) if place else None

    def _in_this_process(self, windows: tuple[Window, ...]) -> Full | None:
        for place, (whose, rate) in enumerate(windows):
            if not self._own.hit(rate, whose):
                ends = self._own.get_window_stats(rate, whose).reset_time
                return Full(place, max(1, ends - time.time()))
        return None


@lru_cache(maxsize=1)
def counter() -> Counter:
    """Answer this process's counter."""
    return Counter(open_client(settings.VALKEY_URL))


def open_client(valkey_url: str) -> Redis:
    """Open a client that gives up soon: what it is asked is not worth waiting for."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        client_url(valkey_url),
        socket_timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 1),
    )
