"""Run one program for another: drop rights, start it, and see that it does not outlive its owner.

A script of its own (`python -I -S guard.py ...`) and single-threaded, because the death signal
of Linux is tied to the thread that forks, and because no code may run between fork and exec in
a process with threads. Arguments: MODE OWNER SIGNAL GRACE UID GID PROGRAM [ARGUMENT...].

`free`:  start the program in a session of its own and end.
`bound`: stay. Standard input is the lifeline: when its other end closes, by an orderly stop or
because the owner was killed, the program gets SIGNAL, and after GRACE seconds SIGKILL, and with
it every process that it has left behind.

The program's process id is written to standard output; its output goes to standard error.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIFELINE, _REPORT, _LOG = 0, 1, 2
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class Order:
    """What the guard was asked to do."""

    mode: str
    owner: int
    stop_signal: int
    grace: float
    uid: int
    gid: int
    argv: list[str]


def main() -> int:
    """Start the program and, in mode `bound`, guard it; give the exit code."""
    mode, owner, stop_signal, grace, uid, gid = sys.argv[1:7]
    order = Order(
        mode, int(owner), int(stop_signal), float(grace), int(uid), int(gid), sys.argv[7:]
    )
    bound = order.mode == "bound"
    if bound:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    # Held back, so that a signal to the newborn waits until it is the program.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    wake = _wake_on_signals()
    guard = os.getpid()
    program = os.fork()
    if program == 0:
        _become(order, guard=guard)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    os.write(_REPORT, f"{program}\n".encode())
    os.dup2(_LOG, _REPORT)
    return _watch(order, program=program, wake=wake) if bound else 0


def die_with(parent: int) -> None:
    """Have Linux kill this process when its parent ends; it ends at once where that has."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _wake_on_signals() -> int:
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(waker)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    return wake


def _become(order: Order, *, guard: int) -> NoReturn:
    """Turn the forked process into the program."""
    try:
        # The last two are ignored by Python, but not by programs.
        for number in (*_SIGNALS, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        if order.mode == "bound":
            os.setpgid(0, 0)
        else:
            os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), _LIFELINE)
        os.dup2(_LOG, _REPORT)
        if order.uid >= 0:
            os.setgroups([])
            os.setgid(order.gid)
            os.setuid(order.uid)
        if order.mode == "bound":
            die_with(guard)  # after dropping rights, which clears it
        os.execv(order.argv[0], order.argv)  # noqa: S606  (no shell is wanted)
    except OSError as error:
        os.write(_LOG, f"{order.argv[0]}: {error}\n".encode())
    finally:
        os._exit(127)


def _watch(order: Order, *, program: int, wake: int) -> int:
    deadline: float | None = None
    code: int | None = None
    while code is None and (deadline is None or time.monotonic() < deadline):
        stop = _wait(wake, order.owner, stopping=deadline is not None)
        code = _reap(program)
        if stop and deadline is None and code is None:
            os.kill(program, order.stop_signal)
            deadline = time.monotonic() + order.grace
    if code is None or sys.platform != "linux":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(program, signal.SIGKILL)
    _kill_orphans()
    return 128 + signal.SIGKILL if code is None else code


def _wait(wake: int, owner: int, *, stopping: bool) -> bool:
    """Sleep until something happens; say whether the program is to stop."""
    sources = [wake] if stopping else [wake, _LIFELINE]
    ready, _, _ = select.select(sources, [], [], 0.1 if stopping else 1.0)
    signals = os.read(wake, 512) if wake in ready else b""
    # A fork of the owner may hold the lifeline open, so the parent's id is looked at as well.
    asked = any(number != signal.SIGCHLD for number in signals)
    return asked or _LIFELINE in ready or os.getppid() != owner


def _reap(program: int) -> int | None:
    """Collect what has ended; give the program's exit code if it was among them."""
    code = None
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == program:
                code = os.waitstatus_to_exitcode(ended[1])
    return None if code is None else code if code >= 0 else 128 - code


def _kill_orphans() -> None:
    """Kill what the program left behind: on Linux its orphans have become our children."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while True:
        for pid in children.read_text().split() if children.exists() else []:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(main())
