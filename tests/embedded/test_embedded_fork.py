"""A fork works apart: what ends it ends nobody else, and it ends with its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from evalsite.embedded.fork import forked
from evalsite.env import ROOT

PARENT = """
import sys, time
from pathlib import Path
from evalsite.embedded.fork import forked
def sleep(ordered):
    time.sleep(60)
with forked(sleep, record=Path(sys.argv[1])) as fork:
    print(fork._pid, flush=True)
    time.sleep(60)
"""


def _raise(_: Callable[[], str]) -> bool:
    raise ValueError("a secret")


def _die(_: Callable[[], str]) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return True


def test_it_does_what_it_is_ordered(tmp_path: Path) -> None:
    def write(ordered: Callable[[], str]) -> bool:
        (tmp_path / "done").write_text(ordered())
        return True

    with forked(write, record=tmp_path / "record") as fork:
        fork.order("this")
        assert fork.wait(seconds=10)
    assert fork.ended() == 0
    assert (tmp_path / "done").read_text() == "this"


def test_without_an_order_it_hears_the_end(tmp_path: Path) -> None:
    def listen(ordered: Callable[[], str]) -> bool:
        os.write(1, f"heard {ordered()!r}".encode())
        time.sleep(60)
        return True

    with forked(listen, record=tmp_path / "record") as fork:
        assert fork.ended() is None
    assert fork.ended() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("work", "code"), [(_raise, 1), (lambda _: False, 1), (_die, -signal.SIGKILL)]
)
def test_its_failure_is_a_code(
    work: Callable[[Callable[[], str]], bool], code: int, tmp_path: Path
) -> None:
    with forked(work, record=tmp_path / "record") as fork:
        assert fork.wait(seconds=10)
        fork.order("too late")
    assert fork.ended() == code


def test_it_hears_no_ctrl_c(tmp_path: Path) -> None:
    def tell(_: Callable[[], str]) -> bool:
        return os.getpgrp() == os.getpid()

    with forked(tell, record=tmp_path / "record") as fork:
        fork.wait(seconds=10)
    assert fork.ended() == 0


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-c", PARENT, str(tmp_path / "record")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        fork = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    fork.wait(10)
