"""Wait for a database that is away: a restart costs time, and no work that is done already."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from django.db import Error, InterfaceError, OperationalError, connection

T = TypeVar("T")
log = logging.getLogger(__name__)

# Whoever holds a chunk for so long in vain gives it up; its lease is over by then.
_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.5
# Broken connections, no room left, shut down or starting up; and a session that was ended because
# its transaction stood still.
_AWAY: Final = ("08", "53", "57P", "25P03")


def is_away(error: Error) -> bool:
    """Say whether it is the database that is in trouble, and not the statement."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)
    return bool(state.startswith(_AWAY))


def outages() -> tuple[type[Exception], ...]:
    """Answer what the database raises, away or not, and what the broker raises when it is away."""
    from redis import exceptions

    broker = (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.OutOfMemoryError)
    return Error, *broker


def patiently(act: Callable[[], T], *, seconds: float | None = None) -> T:
    """Do it, and anew for as long as the database is away and there is patience left.

    Patience lasts `seconds`, or as long as it does for whoever holds a chunk. Only for what may be
    done twice: of a commit that broke off nobody knows whether it took place.
    Raises what it raises, the last time.
    """
    end = time.monotonic() + (_PATIENCE_S if seconds is None else seconds)
    while True:
        try:
            return act()
        except Error as error:
            if connection.in_atomic_block or not is_away(error) or time.monotonic() > end:
                raise
            log.warning("waiting for the database: %s", type(error.__cause__).__name__)
            connection.close()
            time.sleep(_PAUSE_S)
