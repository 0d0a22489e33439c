"""Commands that end soon let garbage lie; those that stay collect it as Python does."""

from __future__ import annotations

import subprocess
import sys

import pytest

from evalsite.env import ROOT

_TELL = (
    "import sys; sys.argv = ['manage.py', {!r}]; import manage, gc; print(gc.get_threshold()[0])"
)


def threshold_of(command: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", _TELL.format(command)], cwd=ROOT, capture_output=True, check=True
    )
    return int(told.stdout)


def test_a_command_that_ends_soon_lets_garbage_lie() -> None:
    assert threshold_of("check") > 100_000


@pytest.mark.parametrize("command", ["coordinator", "flower", "serve"])
def test_a_command_that_stays_collects_it(command: str) -> None:
    assert threshold_of(command) == 700
