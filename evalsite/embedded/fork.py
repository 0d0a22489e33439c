"""Work in a fork of this process, which has imported already what a new program would have to.

What kills the fork does not kill us, and it never outlives us, however we end.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from evalsite.embedded.guard import die_with
from evalsite.embedded.spawn import open_log

log = logging.getLogger(__name__)

_LONGEST_ORDER = 4096
# Only Linux ends a process with its parent.
CAN_FORK = sys.platform == "linux"


class Fork:
    """The fork, as its parent sees it."""

    def __init__(self, pid: int, *, orders: int) -> None:
        self._pid = pid
        self._orders = orders
        self._code: int | None = None

    def order(self, text: str) -> None:
        """Tell it what it waits for; nothing where it has died."""
        with suppress(BrokenPipeError):
            os.write(self._orders, text.encode())

    def ended(self) -> int | None:
        """Answer the exit code, 0 where all went well; None while it is at work."""
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self, *, seconds: float) -> bool:
        """Wait for its end; answers whether it has come."""
        until = time.monotonic() + seconds
        while self.ended() is None and time.monotonic() < until:
            time.sleep(0.005)
        return self.ended() is not None

    def stop(self) -> None:
        """Kill it, with all that it has started."""
        if self.ended() is None:
            os.killpg(self._pid, signal.SIGKILL)
            self.wait(seconds=5)


@contextmanager
def forked(work: Callable[[Callable[[], str]], bool], *, record: Path) -> Iterator[Fork]:
    """Do the work in a fork for as long as the block lasts at most.

    `work` is given what waits for the order: an empty one says that there is nothing to do. It
    answers whether all went well. What it prints and logs goes to the file `record`. No thread
    may run, and no connection be open.
    """
    parent, (heard, orders) = os.getpid(), os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(orders)
        _become(lambda: work(lambda: _read(heard)), parent=parent, record=record)
    os.close(heard)
    with suppress(PermissionError, ProcessLookupError):
        os.setpgid(pid, pid)  # the fork does so too; whoever comes first
    fork = Fork(pid, orders=orders)
    try:
        yield fork
    finally:
        os.close(orders)
        fork.stop()


def _read(heard: int) -> str:
    return os.read(heard, _LONGEST_ORDER).decode()


def _become(work: Callable[[], bool], *, parent: int, record: Path) -> NoReturn:
    """Do the work and end, past all that the parent has begun."""
    done = False
    try:
        os.setpgid(0, 0)  # Ctrl-C is for the parent, which says what becomes of it
        die_with(parent)
        with open_log(record) as file:
            for number in (1, 2):
                os.dup2(file.fileno(), number)
        done = work()
    finally:
        if not done:
            log.error("the work in process %d did not come to its end", os.getpid(), exc_info=True)
        logging.shutdown()
        os._exit(0 if done else 1)
