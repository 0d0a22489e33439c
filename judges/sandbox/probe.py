"""Trying a sandbox before it is trusted: a short hostile program that reports what it could do.

The file is also the program: its text is run inside, where it imports only the standard library.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable

# From asm/unistd.h: what must answer the same on both machines has the same number on both.
_IO_URING_SETUP, _USER_NAMESPACE = 425, 0x10000000


def opened(channel: int) -> None:
    """Write to the channel the names of the attacks that worked, a line each; then `end`."""
    names = [name for name, attack in ATTACKS.items() if _works(attack)]
    os.write(channel, "\n".join([*names, "end"]).encode())


def _works(attack: Callable[[], object]) -> bool:
    try:
        return attack() is not False
    except (OSError, KeyError):
        return False


def _socket(family: int, kind: int) -> Callable[[], object]:
    return lambda: socket.socket(family, kind).close()


def _signal(process: int) -> bool:
    os.kill(process, 0)
    return True


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _calls(*arguments: object) -> bool:
    return int(ctypes.CDLL(None).syscall(*arguments)) >= 0


def _can_write(folder: str) -> bool:
    try:
        path = f"{folder}/evalsite-probe-{os.getpid()}"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(path)
    except OSError:
        return False
    return True


ATTACKS: dict[str, Callable[[], object]] = {
    "tcp": _socket(socket.AF_INET, socket.SOCK_STREAM),
    "udp": _socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix socket": _socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "accounts": lambda: open("/etc/passwd").close(),
    "list the machine's root": lambda: bool({"boot", "proc"} & set(os.listdir("/"))),
    "environment": lambda: len(os.environ) > 5,
    "environment of another": lambda: os.open(f"/proc/{os.getppid()}/environ", os.O_RDONLY),
    "inherited descriptor": lambda: any(map(_is_open, range(4, 256))),
    "signal to another": lambda: os.getppid() > 1 and _signal(os.getppid()),
    "fork": _fork,
    "user namespace": lambda: ctypes.CDLL(None).unshare(_USER_NAMESPACE) == 0,
    "io_uring": lambda: _calls(_IO_URING_SETUP, 1, ctypes.create_string_buffer(120)),
    "memory file": lambda: os.memfd_create("probe"),
    "write elsewhere": lambda: any(map(_can_write, ("/", "/tmp", "/dev/shm", "/var/tmp"))),  # noqa: S108
    "root": lambda: os.geteuid() == 0,
}


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
