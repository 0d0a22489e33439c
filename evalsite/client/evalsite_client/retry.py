"""Ask again where that can help, and never where it could do harm."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from evalsite_client.errors import Unreachable, problem_of
from evalsite_client.steps import Answer, Flow, Lost, Request, Sleep

_PASSING: Final = (429, 502, 503, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """At most `most` more tries. The n-th waits a random part of `first` * 2^n seconds, of
    `longest` at most (full jitter); where the server says how long, that long.

    A server that wants to be left alone for more than `patience` seconds is not waited for.
    """

    most: int = 4
    first: float = 0.5
    longest: float = 20.0
    patience: float = 90.0

    def wait(self, n: int, *, request: Request, reply: Answer | Lost) -> float | None:
        """Answer how long to wait before try n + 1 (n from 0); None where that is over."""
        if n >= self.most or not _helps(request, reply):
            return None
        asked = _retry_after(reply)
        if asked is None:
            return random.uniform(0, min(self.longest, self.first * 2**n))
        return asked if asked <= self.patience else None


class Tries:
    """The tries of one request."""

    def __init__(self, retries: Retries, request: Request) -> None:
        self.request = request
        self._retries = retries
        self._n = 0
        self._is_last = False

    def end(self) -> None:
        """Let there be no more after this one."""
        self._is_last = True

    def wait(self, reply: Answer | Lost) -> float:
        """Answer the seconds until the next try; raises Problem and Unreachable after the last."""
        wait = self._retries.wait(self._n, request=self.request, reply=reply)
        self._n += 1
        if wait is not None and not self._is_last:
            return wait
        if isinstance(reply, Lost):
            asked = f"{self.request.method} {self.request.path}"
            raise Unreachable(f"no answer to {asked} in {self._n} tries: {reply.cause}")
        raise problem_of(reply)


def send(request: Request, *, retries: Retries) -> Flow[Answer]:
    """Send a request until it is answered for good; raises Problem and Unreachable."""
    tries = Tries(retries, request)
    while True:
        reply: Answer | Lost = yield request
        if isinstance(reply, Answer) and reply.status < 300:
            return reply
        yield Sleep(tries.wait(reply))


def _helps(request: Request, reply: Answer | Lost) -> bool:
    if isinstance(reply, Lost):
        return request.safe_again or not reply.begun
    if reply.status == 429:
        return True
    return reply.status in _PASSING and request.safe_again


def _retry_after(reply: Answer | Lost) -> float | None:
    """Answer the seconds that Retry-After asks for, told as seconds or as a date."""
    told = "" if isinstance(reply, Lost) else reply.headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
