"""What hostile programs try is open outside the sandbox, and closed in every tier."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from judges.sandbox import unprivileged
from judges.sandbox.launch import interpreter
from tests.sandbox.attacks import ATTACKS, Attack
from tests.sandbox.conftest import Runs

_ONLY_X86 = {"x32"}
CONTROLLED = {name: attack for name, attack in ATTACKS.items() if attack.has_control}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_blocked(name: str, *, runs: Runs, victims: dict[str, object]) -> None:
    outcome = runs(ATTACKS[name].source(victims))
    assert outcome.channel == b""


@pytest.mark.parametrize("name", CONTROLLED)
def test_attack_works_outside(name: str, *, victims: dict[str, object], place: Path) -> None:
    attack = CONTROLLED[name]
    if attack.needs_root and os.geteuid() != 0:
        pytest.skip("only for root it is sure to work outside")
    if name in _ONLY_X86 and platform.machine() != "x86_64":
        pytest.skip("this machine has no such numbers")
    assert _outside(attack, victims=victims | {"many": 500, "pause": 0}, folder=place) == b"open"


def test_there_are_all_of_the_table() -> None:
    assert len(ATTACKS) >= 32


def _outside(attack: Attack, *, victims: dict[str, object], folder: Path) -> bytes:
    """Run an attack by plain Python as the same user, with descriptor 3 as its channel."""
    starter = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.chdir(sys.argv[2])"
    starter = f"{starter}; exec(sys.argv[3])"
    python = interpreter()
    words = [str(python.executable), "-I", "-S", "-c", starter]
    drop = [] if attack.needs_root else unprivileged.prefix(python.readable)
    hears, speaks = os.pipe()
    with open(hears, "rb") as channel:
        with open(speaks, "wb"):
            os.set_inheritable(speaks, True)
            done = subprocess.run(
                [*drop, *words, str(speaks), str(folder), attack.source(victims)],
                close_fds=False,
                capture_output=True,
            )
        return channel.read() or done.stderr[-300:]
