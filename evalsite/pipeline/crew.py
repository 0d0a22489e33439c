"""Who does the work when nobody else is there: embedded, a command brings its own crew."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.conf import settings

from evalsite.embedded.supervisor import Children
from evalsite.env import load
from evalsite.pipeline.coordinate import coordinate

QUEUES = "control,dispatch,cpu,sandbox,model"


def worker_command(*, name: str) -> list[str]:
    """Answer the command line of a worker for every queue."""
    return [
        *(sys.executable, "-m", "celery", "--app", "evalsite", "worker"),
        *("--hostname", f"{name}-{os.getpid()}@%h", "--queues", QUEUES),
        *("--concurrency", str(load().worker_slots), "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle"),
    ]


@contextmanager
def crew() -> Iterator[None]:
    """Run a worker and a coordinator for the block if the broker is embedded; else nothing.

    The worker dies with this process, however it ends.
    """
    if load().broker_url is not None:
        yield
        return
    with Children(settings.LAYOUT) as children, coordinator():
        children.start("worker", worker_command(name="runbatch"))
        yield


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
