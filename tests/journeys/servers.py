"""What can happen to the servers of a journey: they stand still, break down, and come back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil

from evalsite.embedded import supervisor
from tests.services import DATABASE, Services


@contextmanager
def standing_still(services: Services, name: str) -> Iterator[None]:
    """Stop every process of a server for the block; its sockets stay open."""
    server = _server(services, name)
    stopped = [server, *server.children()]
    try:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def break_down_and_restart(services: Services) -> None:
    """Let PostgreSQL end without a word to anybody, and start it again."""
    server = _server(services, "postgresql")
    server.send_signal(signal.SIGQUIT)
    psutil.wait_procs([server], timeout=30)
    supervisor.ensure_started(services.layout, database=DATABASE, bound=True)


def _server(services: Services, name: str) -> psutil.Process:
    (pid,) = (one.pid for one in supervisor.status(services.layout) if one.name == name)
    assert pid is not None, f"{name} does not run"
    return psutil.Process(pid)
