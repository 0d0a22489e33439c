"""Find and end processes, never mistaking a recycled process id for an old acquaintance."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalsite.errors import EvalsiteError


class StillRunning(EvalsiteError):
    """A process did not end although it was killed."""

    code = "embedded_still_running"
    hint = "look at the process in ps; a disk that hangs is the usual cause"


@dataclass(frozen=True)
class Process:
    """A process, told from every other by its id and its time of birth."""

    pid: int
    started: float

    @property
    def since(self) -> datetime:
        """The time of birth."""
        return datetime.fromtimestamp(self.started, tz=UTC)

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return self._handle() is not None

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has gone."""
        psutil = _psutil()
        with suppress(psutil.NoSuchProcess):
            if handle := self._handle():
                handle.send_signal(number)

    def _handle(self) -> Any:
        psutil = _psutil()
        with suppress(psutil.NoSuchProcess):
            handle = psutil.Process(self.pid)
            same = abs(handle.create_time() - self.started) < 1
            if same and handle.status() != psutil.STATUS_ZOMBIE:
                return handle
        return None


def by_id(pid: int) -> Process | None:
    """Give the process that has this id now."""
    psutil = _psutil()
    with suppress(psutil.NoSuchProcess):
        process = Process(pid, psutil.Process(pid).create_time())
        return process if process.alive() else None
    return None


def by_argument(program: str, argument: str, *, uids: Iterable[int]) -> list[Process]:
    """Find the processes of a program that were started with exactly this argument.

    The process table cannot be stale, so no pid file of ours is needed. A fork that has not yet
    renamed itself looks like its parent; only the parent is given.
    """

    def matches(info: dict[str, Any]) -> bool:
        line = info["cmdline"] or [""]
        return Path(line[0]).name == program and argument in line

    allowed = {*uids, os.geteuid()}
    found = [
        info
        for info in _table("pid", "ppid", "cmdline", "create_time", "uids")
        if info["uids"] and info["uids"].effective in allowed and matches(info)
    ]
    pids = {info["pid"] for info in found}
    return [Process(i["pid"], i["create_time"]) for i in found if i["ppid"] not in pids]


def by_environment(entry: str, value: str) -> list[Process]:
    """Find the processes that were started with this environment variable, and their forks."""
    return [
        Process(info["pid"], info["create_time"])
        for info in _table("pid", "create_time", "environ")
        if (info["environ"] or {}).get(entry) == value
    ]


def by_folder(folder: Path, *, programs: Iterable[str]) -> list[Process]:
    """Find the processes of these programs that work in a folder or below it."""
    names = set(programs)
    return [
        Process(info["pid"], info["create_time"])
        for info in _table("pid", "create_time", "name")
        if info["name"] in names and _works_in(folder, pid=info["pid"])
    ]


def _works_in(folder: Path, *, pid: int) -> bool:
    psutil = _psutil()
    # OSError: a folder too deep for the kernel to name, as a program under judgement may have.
    with suppress(psutil.Error, OSError):
        return Path(psutil.Process(pid).cwd()).is_relative_to(folder)
    return False


def end(process: Process, *, signals: Sequence[tuple[int, float]]) -> None:
    """Send each signal and wait its seconds, then kill; raises StillRunning."""
    for number, seconds in (*signals, (signal.SIGKILL, 5.0)):
        process.signal(number)
        if wait_until(lambda: not process.alive(), seconds=seconds):
            return
    raise StillRunning(f"process {process.pid} survived a kill")


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Ask every 20 ms until the condition holds; tell whether it came to hold in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _table(*attributes: str) -> Iterator[dict[str, Any]]:
    psutil = _psutil()
    for process in psutil.process_iter(attributes):
        if process.pid != os.getpid():
            yield process.info


def _psutil() -> Any:
    # Imported late: it takes 50 ms, and a command that finds its servers up does not need it.
    import psutil

    return psutil
