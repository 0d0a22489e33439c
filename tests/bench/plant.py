"""The plant: coordinator and worker as processes of their own, watched, and killed if wanted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import psutil

from evalsite import env
from tests.services import Services

MIB = 1024 * 1024
SLOTS = 2


class Sample(NamedTuple):
    """The resident memory of one process at one moment; `role` is what it was started as."""

    at: float
    role: str
    pid: int
    mib: float


class Plant:
    """Its processes by role; those that a worker forks are of the role `slot`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.samples: list[Sample] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def start(self, *, wait: bool = True) -> None:
        """Run a coordinator and a worker, and wait until it answers if that is wanted."""
        from evalsite.pipeline.crew import worker_command

        self.run("coordinator", sys.executable, "manage.py", "coordinator")
        self.run("worker", *worker_command(name="plant"))
        if wait:
            until(_worker_answers, seconds=120)

    def run(self, role: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a process on servers that it takes for those of a deployment."""
        log = Path(self._services.layout.data) / f"{role}.log"
        with log.open("ab") as out:
            self.processes[role] = subprocess.Popen(
                command,
                cwd=env.ROOT,
                env={**os.environ, **self._services.environment(), "WORKER_SLOTS": str(SLOTS)},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return self.processes[role]

    def kill(self) -> None:
        """Kill -9 each process and all that it forked, as a power cut does."""
        for process in self.processes.values():
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(process.pid)
                for each in (root, *root.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        each.kill()
            process.wait()
        self.processes.clear()

    def close(self) -> None:
        """End everything in good order, or else by force."""
        self._stop.set()
        self._thread.join()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
        self.kill()

    def peaks(self) -> dict[str, float]:
        """Answer the highest resident memory of each role, in MiB."""
        found: dict[str, float] = {}
        for sample in self.samples:
            found[sample.role] = max(found.get(sample.role, 0), sample.mib)
        return {role: round(mib, 1) for role, mib in found.items()}

    def _watch(self) -> None:
        while not self._stop.wait(0.5):
            at = time.time()
            for role, process in list(self.processes.items()):
                with suppress(psutil.NoSuchProcess):
                    root = psutil.Process(process.pid)
                    self._note(at, role, root)
                    for child in root.children(recursive=True):
                        self._note(at, "slot" if role == "worker" else f"{role}'s child", child)

    def _note(self, at: float, role: str, process: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):
            mib = process.memory_info().rss / MIB
            self.samples.append(Sample(at, role, process.pid, mib))


@contextmanager
def plant(services: Services) -> Iterator[Plant]:
    """Run the plant for the block."""
    made = Plant(services)
    try:
        made.start()
        yield made
    finally:
        made.close()


def until(holds: Callable[[], object], *, seconds: float, pause: float = 0.02) -> None:
    """Wait until something holds; ends the bench where it never does."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"not within {seconds:.0f} s: {getattr(holds, '__name__', holds)}")
        time.sleep(pause)


def is_over(batch_id: UUID) -> bool:
    """Whether a batch of the tenant in scope is finished; ends the bench where it is paused."""
    from evalsite.batches.models import Batch

    state: str = Batch.objects.values_list("state", flat=True).get(id=batch_id)
    if state not in ("running", "finished"):
        sys.exit(f"batch {batch_id} is {state}")
    return bool(state == "finished")


def until_over(batch_id: UUID, *, seconds: float, pause: float = 0.02) -> None:
    """Wait for the end of a batch of the tenant in scope."""
    until(lambda: is_over(batch_id), seconds=seconds, pause=pause)


def _worker_answers() -> bool:
    from evalsite.celery import app

    return bool(app.control.ping(timeout=0.5))
