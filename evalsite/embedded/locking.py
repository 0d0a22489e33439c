"""One command at a time: a lock that the kernel lets go when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalsite.embedded.processes import wait_until
from evalsite.errors import EvalsiteError


class Busy(EvalsiteError):
    """Another command has been starting or stopping the servers for too long."""

    code = "embedded_busy"
    hint = "wait for the other evalsite command, or stop it"


@contextmanager
def locked(path: Path, *, seconds: float = 90) -> Iterator[None]:
    """Hold the lock of a file; raises Busy when another holds it all that time."""
    # Not inherited by children, so a server never holds its starter's lock.
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not wait_until(lambda: try_lock(handle), seconds=seconds):
            raise Busy(f"{path} is locked by another command")
        yield
    finally:
        os.close(handle)


def try_lock(handle: int) -> bool:
    """Take the lock of an open file if nobody has it; tell whether it was taken."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
