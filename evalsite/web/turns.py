"""Readers take turns: of a process's threads only few work at once.

Threads wait for databases and slow clients, for which there must be many; but Python runs one at a
time, and where eight readers are at work they spend a third of the processor on handing over to
each other (measured: docs/performance.md). Who has waited long enough goes on without a turn, so
that slow answers hold nobody up. Requests with bodies, which may come slowly, take none.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Semaphore
from typing import Final

from django.http import HttpRequest, HttpResponse

_AT_ONCE: Final = 2
_PATIENCE_S: Final = 0.25


class Turns:
    """Let few readers work at once in this process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._turns = Semaphore(_AT_ONCE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        has_turn = self._turns.acquire(timeout=_PATIENCE_S)
        try:
            return self.get_response(request)
        finally:
            if has_turn:
                self._turns.release()
