"""Count what failed, by address, and refuse who fails too often before anything is looked up.

Moving windows in Valkey (library `limits`) are shared by all web processes. While it
is away each process counts for itself. Only failures count, and other addresses are not held up.
A process asks Valkey only about who failed before its own eyes, so that a good key costs no round
trip: of somebody who is shut out, each other process looks at one more try.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

from django.conf import settings

from evalsite.errors import EvalsiteError
from evalsite.keys.sender import sender
from evalsite.valkey import PATIENCE_S, WhileItAnswers, client_url

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import Storage

_LOADING: Final = Lock()


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
    """Counts in this process and, while it answers, in Valkey."""

    def __init__(self, valkey_url: str) -> None:
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._shared = MovingWindowRateLimiter(_storage(valkey_url))
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._valkey = WhileItAnswers("failed attempts")

    def wait(self, window: _Window) -> int:
        """Answer for how many seconds nothing more may be tried; 0 where there is room."""
        item, name = _item(window), window.name
        known = self._own.get_window_stats(item, name)
        if known.remaining == window.amount:
            return 0
        stats = self._valkey.ask(lambda: self._shared.get_window_stats(item, name), lambda: known)
        return 0 if stats.remaining > 0 else max(1, ceil(stats.reset_time - time.time()))

    def note(self, window: _Window) -> None:
        """Count one failure."""
        item, name = _item(window), window.name
        own = self._own.hit(item, name)
        self._valkey.ask(lambda: self._shared.hit(item, name), lambda: own)

    def forget(self, window: _Window) -> None:
        """Count from nothing."""
        item, name = _item(window), window.name
        self._own.clear(item, name)
        self._valkey.ask(lambda: self._shared.clear(item, name), lambda: None)


@lru_cache(maxsize=4)
def _for(valkey_url: str) -> _Failures:
    return _Failures(valkey_url)


def _failures() -> _Failures:
    # One thread at a time: of several that load the library's storage at once, one finds it half.
    with _LOADING:
        return _for(settings.VALKEY_URL)


def _storage(valkey_url: str) -> Storage:
    from limits.storage import RedisStorage

    url = client_url(valkey_url).replace("unix://", "redis+unix://")
    return RedisStorage(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)


def _item(window: _Window) -> RateLimitItem:
    from limits import RateLimitItemPerSecond

    return RateLimitItemPerSecond(window.amount, window.seconds)
