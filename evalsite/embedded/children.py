"""Run the programs that belong to one command, so that none of them outlives it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

from evalsite.embedded.folders import make_data
from evalsite.embedded.layout import Layout
from evalsite.embedded.locking import try_lock
from evalsite.embedded.processes import Process, by_environment, by_id, end, wait_until
from evalsite.embedded.spawn import Program, Started, start

_CARRIED: Final = "EVALSITE_CHILD_OF"
_PATTERN: Final = "children-*"


class Children:
    """The children of one command: started inside a `with`, all stopped at its end.

    Each stands under a guard that ends it when this process dies, however it dies. A record
    locked by this process lets a later command find what even the guards could not end.
    SIGTERM leaves the `with` as SystemExit, so that the stop is an orderly one.
    """

    def __init__(self, layout: Layout, *, grace: float = 10.0) -> None:
        self._layout = layout
        self._grace = grace
        self._token = secrets.token_hex(16)
        self._started: dict[str, Started] = {}
        self._record = -1
        self._old_handler: Any = None

    def __enter__(self) -> Self:
        make_data(self._layout)
        self._record = os.open(self._record_path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try_lock(self._record)
        if threading.current_thread() is threading.main_thread():
            self._old_handler = signal.signal(signal.SIGTERM, _leave)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        _end_all(self._token, patience=0)
        self._record_path.unlink(missing_ok=True)
        os.close(self._record)
        if self._old_handler is not None:
            signal.signal(signal.SIGTERM, self._old_handler)

    def start(self, name: str, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> int:
        """Start a program with this environment (default: ours); give its process id."""
        program = Program(
            argv=tuple(argv),
            log=self._layout.log(name),
            env={**(os.environ if env is None else env), _CARRIED: self._token},
            grace=self._grace,
        )
        self._started[name] = start(program, bound=True)
        return self._started[name].pid

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a child that still runs."""
        guard = self._guard(name)
        process = by_id(self._started[name].pid)
        if process is not None and guard.poll() is None:
            process.signal(number)

    def ended(self) -> dict[str, int]:
        """Give the exit code of each child that has ended."""
        codes = {name: self._guard(name).poll() for name in self._started}
        return {name: code for name, code in codes.items() if code is not None}

    def stop(self, *names: str) -> None:
        """Stop these children, or all: SIGTERM, the grace, then SIGKILL for what is left."""
        guards = [self._guard(name) for name in names or self._started]
        for guard in guards:
            if guard.stdin is not None:
                guard.stdin.close()
        for guard in guards:
            guard.wait()

    @property
    def _record_path(self) -> Path:
        return self._layout.run / _PATTERN.replace("*", self._token)

    def _guard(self, name: str) -> subprocess.Popen[bytes]:
        guard = self._started[name].guard
        assert guard is not None  # noqa: S101  (bound programs have one; this tells mypy)
        return guard


def reap_leftovers(layout: Layout, *, patience: float = 2.0) -> list[int]:
    """End the children of commands that were killed; give the ids of those that had to be."""
    return [pid for path in _abandoned(layout) for pid in _clear(path, patience=patience)]


def _abandoned(layout: Layout) -> Iterator[Path]:
    """Find the records that no living command holds."""
    for path in layout.run.glob(_PATTERN):
        handle = os.open(path, os.O_RDWR)
        try:
            if try_lock(handle):
                yield path
        finally:
            os.close(handle)


def _clear(path: Path, *, patience: float) -> list[int]:
    ended = _end_all(path.name.removeprefix(_PATTERN.rstrip("*")), patience=patience)
    path.unlink(missing_ok=True)
    return ended


def _end_all(token: str, *, patience: float) -> list[int]:
    """Give guards at work some time, then kill every process that carries the token."""
    wait_until(lambda: not _carriers(token), seconds=patience)
    killed = []
    while found := _carriers(token):
        for process in found:
            end(process, signals=())
            killed.append(process.pid)
    return killed


def _carriers(token: str) -> list[Process]:
    return [process for process in by_environment(_CARRIED, token) if process.alive()]


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
