"""Who does the work when nobody else is there: embedded, a command brings its own crew."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.conf import settings

from evalsite.embedded.children import Children
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.pipeline.coordinate import coordinate, tenants_with_work
from evalsite.pipeline.nodes import sign_off


def worker_command(*, name: str) -> list[str]:
    """Answer the command line of a worker for every queue."""
    return [sys.executable, "-m", "evalsite.pipeline.work", _named(name)]


def _named(name: str) -> str:
    return f"{name}-{os.getpid()}"


class WorkerEnded(EvalsiteError):
    """The worker that this command brought has ended by itself."""

    code = "worker_ended"


@contextmanager
def crew() -> Iterator[Callable[[], None]]:
    """Run a worker and a coordinator for the block if the broker is embedded; else nothing.

    The worker dies with this process, however it ends. Gives a check that raises WorkerEnded when
    it died before.
    """
    if load().broker_url is not None:
        yield lambda: None
        return

    def check() -> None:
        if children.ended():
            log = settings.LAYOUT.log("worker")
            raise WorkerEnded("the worker has ended", hint=f"its last words are in {log}")

    with Children(settings.LAYOUT) as children, coordinator():
        children.start("worker", worker_command(name="runbatch"))
        yield check
        if not tenants_with_work():
            # Idle, so there is nothing to wait for, and Celery's warm stop takes two seconds.
            children.signal("worker", signal.SIGKILL)
            sign_off(_named("runbatch"))


@contextmanager
def coordinator() -> Iterator[None]:
    """Run a coordinator in a thread of this process; it leads only if nobody else does."""
    stop = Event()
    arguments = {"seconds": load().sweep_seconds}
    thread = Thread(target=coordinate, args=(stop,), kwargs=arguments, name="coordinator")
    thread.daemon = True
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)
