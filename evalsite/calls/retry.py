"""Try a call again where that can help: after a while that is random, or that was asked for."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from judges.models import Halt, ModelError
from judges.trouble import PASSING, RateLimited

T = TypeVar("T")

ATTEMPTS: Final = 5
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
# An endpoint that wants more patience than this has the batch paused instead.
LONGEST_TOLD_S: Final = 60.0
PATIENCE_S: Final = 120.0


async def persist(attempt: Callable[[], Awaitable[T]]) -> T:
    """Call up to ATTEMPTS times, with full jitter; being told to wait is no failed attempt.

    The attempt itself keeps to what a RateLimited asks for. Raises the last ModelError, and Halt
    `endpoint_rate_limited` where the endpoint wants more patience than a task has.
    """
    n_failed, patience_ends = 0, None
    while True:
        try:
            return await attempt()
        except RateLimited as limited:
            patience_ends = patience_ends or time.monotonic() + PATIENCE_S
            if (limited.retry_after or 0) > LONGEST_TOLD_S or time.monotonic() > patience_ends:
                raise Halt("endpoint_rate_limited", limited.message) from limited
        except ModelError as error:
            n_failed += 1
            if error.code not in PASSING or n_failed == ATTEMPTS:
                raise
            await asyncio.sleep(backoff(n_failed))


def backoff(n_failed: int) -> float:
    """Answer how many seconds to wait after so many failures: anything up to a doubling bound."""
    return random.uniform(0, min(FIRST_WAIT_S * 2 ** (n_failed - 1), LONGEST_WAIT_S))
