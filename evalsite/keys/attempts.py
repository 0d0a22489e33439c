"""Count what failed, by address, and refuse who fails too often before anything is looked up.

Moving windows in the broker's Valkey (library `limits`) are shared by all web processes. While it
is away each process counts for itself. Only failures count, and other addresses are not held up.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from django.conf import settings

from evalsite.errors import EvalsiteError
from evalsite.keys.sender import sender

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import Storage
    from limits.strategies import MovingWindowRateLimiter

T = TypeVar("T")

_log = logging.getLogger(__name__)
_LOADING: Final = Lock()
_PATIENCE_S: Final = 0.25
# How long each process counts for itself before it tries Valkey again.
_AWAY_S: Final = 5.0


class TooManyAttempts(EvalsiteError):
    """Too many bad keys or passwords came from one address."""

    code = "too_many_attempts"
    hint = "mend the key or password, and come again when the time is over"
    http_status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many attempts failed: wait {retry_after} seconds")
        self.retry_after = retry_after


class _Window(NamedTuple):
    """So many failures in so many seconds, counted under a name."""

    amount: int
    seconds: int
    name: str


def require_attempt(address: str, *, account: str | None = None) -> None:
    """Let somebody at this address try a key or, of an account, a password.

    Raises TooManyAttempts, whose `retry_after` is in seconds.
    """
    for window in _windows(address, account=account):
        if (wait := _failures().wait(window)) > 0:
            raise TooManyAttempts(wait)


def note_failure(address: str, *, account: str | None = None) -> None:
    """Count a key that was refused or, of an account, a wrong password."""
    for window in _windows(address, account=account):
        _failures().note(window)


def forget(address: str, *, account: str | None = None) -> None:
    """Count anew: of an account after a right password, else the address's keys.

    What failed of an address's other accounts stays counted: one's own account resets nothing.
    """
    _failures().forget(next(_windows(address, account=account)))


def _windows(address: str, *, account: str | None) -> Iterator[_Window]:
    """Yield what is counted: of passwords the account's failures, and those of a whole address."""
    who = sender(address)
    if account is not None:
        yield _Window(10, 300, f"signin:{who}:{account.strip().casefold()[:150]}")
        yield _Window(50, 300, f"signin:{who}")
    else:
        yield _Window(10, 60, f"key:{who}")


class _Failures:
    """Counts in Valkey while it answers, else in this process."""

    def __init__(self, broker_url: str) -> None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._shared = MovingWindowRateLimiter(_storage(broker_url))
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._away_until = 0.0

    def wait(self, window: _Window) -> int:
        """Answer for how many seconds nothing more may be tried; 0 where there is room."""
        stats = self._ask(lambda counted: counted.get_window_stats(_item(window), window.name))
        return 0 if stats.remaining > 0 else max(1, ceil(stats.reset_time - time.time()))

    def note(self, window: _Window) -> None:
        """Count one failure."""
        self._ask(lambda counted: counted.hit(_item(window), window.name))

    def forget(self, window: _Window) -> None:
        """Count from nothing."""
        self._ask(lambda counted: counted.clear(_item(window), window.name))

    def _ask(self, question: Callable[[MovingWindowRateLimiter], T]) -> T:
        from redis.exceptions import RedisError

        if time.monotonic() >= self._away_until:
            try:
                return question(self._shared)
            except RedisError as error:
                self._away_until = time.monotonic() + _AWAY_S
                _log.warning("each process counts failed attempts for itself: %r", error)
        return question(self._own)


@lru_cache(maxsize=4)
def _for(broker_url: str) -> _Failures:
    return _Failures(broker_url)


def _failures() -> _Failures:
    # One thread at a time: of several that load the library's storage at once, one finds it half.
    with _LOADING:
        return _for(settings.BROKER_URL)


def _storage(broker_url: str) -> Storage:
    from limits.storage import RedisStorage

    url = broker_url.replace("redis+socket://", "redis+unix://").replace("virtual_host=", "db=")
    return RedisStorage(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S)


def _item(window: _Window) -> RateLimitItem:
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(window.amount, window.seconds)
