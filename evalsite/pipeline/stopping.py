"""Whether this worker is being stopped: told by its main process, seen by the pool's.

Celery's warm stop waits for as long as tasks take, and its soft one sleeps its whole time and then
cancels them. So tasks see to it themselves that they end in time, and hand back what they have not
done. A page of memory says so to all: it is there before the processes of the pool are forked.
"""

from __future__ import annotations

import logging
import os
import signal
import struct
import time
from mmap import mmap
from threading import Timer
from typing import Final

log = logging.getLogger(__name__)

# What is begun may be brought to its end for so long: then it is handed back. Whoever stops a
# worker must give it some seconds more.
GRACE_S: Final = 20.0
# What is left of the pool by then is ended: Celery would wait for it for good. And then the main
# process, which may read what a process of the pool has half said.
_LAST_S: Final = GRACE_S + 5
_VERY_LAST_S: Final = _LAST_S + 2

_FORMAT: Final = "d"
_since = mmap(-1, struct.calcsize(_FORMAT))


def tell() -> None:
    """Say to every process of this worker that it is to end; the first time counts."""
    if seconds() is None:
        struct.pack_into(_FORMAT, _since, 0, time.monotonic())


def end_in_time() -> None:
    """Let no process outlive the stop: not the pool's, nor this main one, which owns them."""
    for seconds_left, end in ((_LAST_S, _end_the_rest), (_VERY_LAST_S, _end_itself)):
        last = Timer(seconds_left, end)
        last.daemon = True
        last.start()


def _end_the_rest() -> None:
    """Kill what is left of the pool; what it may hold comes again, as it was never acknowledged."""
    import psutil

    for process in psutil.Process().children():
        log.warning("process %s of the pool does not end, and is killed", process.pid)
        process.kill()


def _end_itself() -> None:
    log.warning("the worker does not end, and is killed")
    os.kill(os.getpid(), signal.SIGKILL)


def seconds() -> float | None:
    """Answer since when the worker is to end; None while it is not."""
    (since,) = struct.unpack_from(_FORMAT, _since)
    return time.monotonic() - since if since else None


def is_told() -> bool:
    """Say whether the worker is to end, so that nothing long is begun."""
    return seconds() is not None


def is_late() -> bool:
    """Say whether what is under way is to be handed back."""
    since = seconds()
    return since is not None and since > GRACE_S / 2
