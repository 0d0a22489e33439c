"""Watching one started sandbox: read what it says up to a cap, end it in time, leave nothing."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from judges.sandbox.limits import Limits
from judges.sandbox.outcome import Ended

Stream = Literal["stdout", "stderr", "channel"]

_GLANCE_S = 0.1
_PIECE = 1 << 16
# How long the kernel may take to end what was killed before we stop listening to it.
_LAST_WORDS_S = 5.0


@dataclass(slots=True, kw_only=True)
class Watch:
    """One run being watched: its process, the pipes it writes to, and what was read so far."""

    process: subprocess.Popen[bytes]
    pipes: dict[int, tuple[Stream, bytearray]]
    limits: Limits
    overgrown: Callable[[], bool]
    ended: Ended | None = None
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)


def follow(watch: Watch) -> None:
    """Read until the process has ended; kill it at its limits and say so in `watch.ended`."""
    with _registered(watch) as exit_of:
        try:
            watch.ended = _listen(watch, exit_of=exit_of)
        finally:
            watch.selector.unregister(exit_of)
            _end(watch)
    if watch.ended is None and _is_flood(watch):
        watch.ended = "output_flood"


def _listen(watch: Watch, *, exit_of: int) -> Ended | None:
    """Read until the process ends (None), or until there is a reason to end it."""
    now = time.monotonic()
    deadline, glance = now + watch.limits.wall_s, now + _GLANCE_S
    while now < deadline:
        news = _hear(watch, max(0.0, min(deadline, glance) - now))
        if _is_flood(watch):
            return "output_flood"
        if exit_of in news:
            return None
        now = time.monotonic()
        if now >= glance:
            if watch.overgrown():
                return "files_flood"
            glance = time.monotonic() + _GLANCE_S
    return "timed_out"


@contextmanager
def _registered(watch: Watch) -> Iterator[int]:
    """Listen to the pipes, and to the process's descriptor, which speaks when it has ended."""
    exit_of = os.pidfd_open(watch.process.pid)
    try:
        with watch.selector:
            watch.selector.register(exit_of, selectors.EVENT_READ)
            for pipe in watch.pipes:
                os.set_blocking(pipe, False)
                watch.selector.register(pipe, selectors.EVENT_READ)
            yield exit_of
    finally:
        os.close(exit_of)


def _hear(watch: Watch, seconds: float) -> set[int]:
    """Wait for news and take in one piece of each pipe; give the descriptors that had news."""
    news = {key.fd for key, _ in watch.selector.select(seconds)}
    for pipe in news & watch.pipes.keys():
        (_, heard), piece = watch.pipes[pipe], os.read(pipe, _PIECE)
        if not piece:
            watch.selector.unregister(pipe)
        heard += piece[: watch.limits.output_bytes + 1 - len(heard)]
    return news


def _is_flood(watch: Watch) -> bool:
    return any(len(heard) > watch.limits.output_bytes for _, heard in watch.pipes.values())


def _end(watch: Watch) -> None:
    """Kill all that may be left, then hear the pipes out: they close when nobody holds them.

    The dead leader is reaped only after its group was killed: until then its number is its own.
    """
    with suppress(ProcessLookupError):
        os.killpg(watch.process.pid, signal.SIGKILL)
    watch.process.wait()
    deadline = time.monotonic() + _LAST_WORDS_S
    while watch.selector.get_map() and (left := deadline - time.monotonic()) > 0:
        _hear(watch, left)
