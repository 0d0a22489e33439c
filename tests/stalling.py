"""A server that can stand still: it takes what it is sent, keeps its sockets, and says nothing."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

_BYTES: Final = 65_536


class Stalling:
    """A Unix socket that leads to another one, as long as it does not stand still."""

    def __init__(self, place: Path, *, behind: Path) -> None:
        self.place = place
        self._behind = behind
        self._flows = Event()
        self._flows.set()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(place))
        self._server.listen(64)
        Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """Let nothing through from now on."""
        self._flows.clear()

    def flow(self) -> None:
        """Let everything through again, also what has waited."""
        self._flows.set()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Stand still for the block."""
        self.stall()
        try:
            yield
        finally:
            self.flow()

    def close(self) -> None:
        """Take nobody in any more."""
        self.flow()
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._server.accept()
                there = socket.socket(socket.AF_UNIX)
                there.connect(str(self._behind))
                for ends in ((here, there), (there, here)):
                    Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_BYTES):
                self._flows.wait()
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def stalling(behind: Path) -> Iterator[Stalling]:
    """Stand before the server of a Unix socket, under the socket's own name in another folder."""
    with tempfile.TemporaryDirectory(prefix="evalsite-") as folder:
        line = Stalling(Path(folder) / behind.name, behind=behind)
        try:
            yield line
        finally:
            line.close()
