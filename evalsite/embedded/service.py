"""What the supervisor needs to know about a server."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from evalsite.embedded.spawn import Program

# Nothing of the caller's environment, which may hold secrets, goes to a server that outlives it.
PLAIN_ENVIRONMENT: Final[Mapping[str, str]] = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Service:
    """A server: how it is recognised, prepared, asked and stopped."""

    name: str
    program: str
    mark: str
    uids: tuple[int, ...]
    log: Path
    prepare: Callable[[], Program]
    owns: Callable[[int], bool]
    answers: Callable[[], bool]
    stop_signals: Sequence[tuple[int, float]]


def ask(path: Path, *, question: bytes, answers: tuple[bytes, ...]) -> bool:
    """Tell whether a server on this socket gives one of the answers to the question."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(64).startswith(answers)
        except OSError:
            return False
