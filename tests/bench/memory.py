"""How much memory and processor time a tree of processes takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

SECONDS = 0.1
MIB = 1024 * 1024


@dataclass
class Peak:
    """The highest resident memory seen, in MiB."""

    parent: float = 0
    child: float = 0
    tree: float = 0

    def look(self, root: psutil.Process) -> None:
        """Take one sample; a process that ends meanwhile is left out."""
        sizes = [_resident(process) for process in (root, *_family(root))]
        self.parent = max(self.parent, sizes[0])
        self.child = max(self.child, *sizes[1:], 0)
        self.tree = max(self.tree, sum(sizes))


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Sample a process and its descendants for as long as the block runs."""
    peak, root, stop = Peak(), psutil.Process(pid), threading.Event()

    def sample() -> None:
        while not stop.wait(SECONDS):
            peak.look(root)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def cpu_seconds(pid: int) -> float:
    """Answer the processor time that a process and its living descendants have had."""
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *_family(root))]
    return float(sum(spent.user + spent.system for spent in times))


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _resident(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss) / MIB
    except psutil.NoSuchProcess:
        return 0.0
