"""Valkey for whoever counts in it: its address, and what counts while it is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)
# A request waits no longer than this for its turn to be counted.
PATIENCE_S: Final = 0.25
# How long each process counts for itself before it tries Valkey again.
_AWAY_S: Final = 5.0


class WhileItAnswers:
    """Asks Valkey while it answers, else this process's own counts."""

    def __init__(self, counted: str) -> None:
        self._counted = counted
        self._away_until = 0.0
        self._is_away = False

    def ask(self, shared: Callable[[], T], own: Callable[[], T]) -> T:
        """Answer what Valkey says; while it is away, what this process knows."""
        from redis.exceptions import RedisError

        if time.monotonic() < self._away_until:
            return own()
        try:
            answer = shared()
        except RedisError as error:
            self._tell_away(error)
            return own()
        self._is_away = False
        return answer

    def _tell_away(self, error: Exception) -> None:
        self._away_until = time.monotonic() + _AWAY_S
        if not self._is_away:
            self._is_away = True
            _log.warning(
                "%s are counted by each process for itself: Valkey is away (%s)",
                self._counted,
                type(error).__name__,
            )


def client_url(celery_url: str) -> str:
    """Answer a URL of Celery's as a Redis client reads it."""
    url = celery_url.replace("redis+socket://", "unix://")
    return url.replace("virtual_host=", "db=") if url.startswith("unix://") else url
