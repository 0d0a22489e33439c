"""A worker that is to end begins nothing long, and hands back what is not done."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from evalsite.pipeline import stopping


@pytest.fixture(autouse=True)
def _nobody_stops() -> Iterator[None]:
    yield
    struct.pack_into("d", stopping._since, 0, 0.0)


def test_nobody_is_told_before_it_is_so() -> None:
    assert (stopping.seconds(), stopping.is_told(), stopping.is_late()) == (None, False, False)


def test_the_first_word_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsite.pipeline.stopping.time.monotonic", lambda: 100.0)
    stopping.tell()
    later = 100.0 + stopping.GRACE_S
    monkeypatch.setattr("evalsite.pipeline.stopping.time.monotonic", lambda: later)
    stopping.tell()
    assert stopping.seconds() == stopping.GRACE_S
    assert stopping.is_late()


def test_a_process_of_the_pool_hears_what_the_main_one_says() -> None:
    read, write = os.pipe()
    ready, go = os.pipe()
    if not (child := os.fork()):
        os.read(ready, 1)
        os.write(write, b"yes" if stopping.is_told() else b"no")
        os._exit(0)
    stopping.tell()
    os.write(go, b"!")
    os.waitpid(child, 0)
    assert os.read(read, 3) == b"yes"


def test_a_worker_that_does_not_end_is_killed_with_its_pool() -> None:
    hangs = (
        "import subprocess, time; from evalsite.pipeline import stopping\n"
        "stopping._LAST_S, stopping._VERY_LAST_S = 0.1, 0.6\n"
        "print(subprocess.Popen(['sleep', '60']).pid, flush=True)\n"
        "stopping.end_in_time(); time.sleep(60)"
    )
    done = subprocess.run([sys.executable, "-c", hangs], capture_output=True, timeout=30)
    assert done.returncode == -signal.SIGKILL
    pool = int(done.stdout)
    assert not psutil.pid_exists(pool) or psutil.Process(pool).status() == psutil.STATUS_ZOMBIE
