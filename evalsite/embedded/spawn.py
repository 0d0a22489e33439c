"""Start a program through the guard, either on its own or bound to this process's life."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from evalsite.embedded.account import Account
from evalsite.errors import EvalsiteError

_GUARD: Final = Path(__file__).with_name("guard.py")
_LOG_BYTES: Final = 10_000_000


class StartFailed(EvalsiteError):
    """A server or child ended instead of starting; its last log lines are in the message."""

    code = "embedded_start_failed"
    hint = "read the log named in the message; `manage.py services status` shows what runs"


@dataclass(frozen=True)
class Program:
    """What to run, where its output goes, and how it is asked to stop."""

    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0


@dataclass(frozen=True)
class Started:
    """A started program; `guard` is there if the program is bound to this process."""

    pid: int
    guard: subprocess.Popen[bytes] | None


def start(program: Program, *, bound: bool) -> Started:
    """Start a program; when bound, it ends when `guard.stdin` closes or this process dies."""
    with open_log(program.log) as log:
        guard = subprocess.Popen(
            _command(program, bound=bound),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(program.env),
            cwd=program.cwd,
            start_new_session=True,
        )
    assert guard.stdout is not None  # noqa: S101  (asked for above; this tells mypy)
    with guard.stdout as report:
        answer = report.readline()
    if not answer:
        release(guard)
        raise StartFailed(f"{program.argv[0]} could not be started\n{tail(program.log)}")
    if not bound:
        release(guard)
    return Started(int(answer), guard if bound else None)


def release(guard: subprocess.Popen[bytes]) -> int:
    """Close the lifeline, so that a bound program stops; give its exit code."""
    if guard.stdin is not None:
        guard.stdin.close()
    return guard.wait()


def run(program: Program) -> None:
    """Run a program to its end, which a kill of this process also is; raises StartFailed."""
    guard = start(program, bound=True).guard
    assert guard is not None  # noqa: S101  (a bound program has one; this tells mypy)
    try:
        code = guard.wait()
    finally:
        release(guard)
    if code:
        raise StartFailed(f"{program.argv[0]} ended with {code}\n{tail(program.log)}")


def open_log(path: Path) -> IO[bytes]:
    """Open a private log for appending; a large one is first set aside."""
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".old.log"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def tail(path: Path, *, lines: int = 8) -> str:
    """Give the path of a log and its last lines."""
    text = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join([f"{path}:", *(f"  {line}" for line in text[-lines:])])


def _command(program: Program, *, bound: bool) -> list[str]:
    uid, gid = -1, -1
    if program.account is not None and program.account.uid != os.geteuid():
        uid, gid = program.account.uid, program.account.gid
    order = (os.getpid(), int(program.stop_signal), program.grace, uid, gid)
    mode = "bound" if bound else "free"
    return [sys.executable, "-I", "-S", str(_GUARD), mode, *map(str, order), *program.argv]
