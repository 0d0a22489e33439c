"""Nothing of a hostile program stays: no process, no folder, no memory of the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from judges.sandbox.outcome import TierName
from judges.sandbox.room import shared_room, sweep
from tests.sandbox.conftest import Runs
from tests.sandbox.jobs import job, marked, started

_MOST_KB = 10 * 1024
# In all tiers together; tests/bench/sandbox_hostile.py runs as many as one likes.
_RUNS = 250


@pytest.fixture
def mark() -> str:
    """A name that only one test's processes have."""
    return f"evs-{os.getpid()}-{time.monotonic_ns() % 9973}"


def test_hostile_runs_leave_nothing(strict: TierName, *, place: Path, mark: str) -> None:
    env = {"TMPDIR": str(place)}
    found = job("hostile", env=env, tier_name=strict, runs=_RUNS, seed=7, mark=mark)
    assert sum(found["ended"].values()) == _RUNS
    assert found["grown_kb"] <= _MOST_KB
    assert found["descriptors"] < 20
    assert not list(place.iterdir())
    assert not marked(mark)


def test_a_flood_does_not_grow_the_worker(strict: TierName) -> None:
    found = job("flood", tier_name=strict)
    assert found["ended"] == ["output_flood"]
    assert found["grown_kb"] <= _MOST_KB


def test_a_sleeper_dies_with_its_worker(strict: TierName, *, place: Path, mark: str) -> None:
    with started("sleep", env={"TMPDIR": str(place)}, tier_name=strict, mark=mark) as worker:
        _wait_until(mark, is_there=True)
        os.kill(worker.pid, signal.SIGKILL)
    _wait_until(mark, is_there=False)


def test_the_folder_of_a_dead_worker_is_swept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with shared_room() as alive:
        dead = Path(tempfile.mkdtemp(prefix="evalsite-sandbox-"))
        for folder in (dead, alive.folder):
            os.utime(folder, (0, 0))
        sweep()
        assert alive.folder.is_dir()
    assert not dead.exists()


def test_what_left_its_group_is_found(mark: str) -> None:
    leaves = f"import ctypes, os, time; os.setsid(); ctypes.CDLL(None).prctl(15, b{mark!r})"
    with subprocess.Popen([sys.executable, "-c", f"{leaves}; time.sleep(9)"]) as process:
        _wait_until(mark, is_there=True)
        process.kill()


def test_a_link_never_leads_the_worker_away(runs: Runs, tmp_path: Path) -> None:
    victim = tmp_path / "kept"
    victim.write_text("canary")
    source = f"import os\nos.symlink({str(tmp_path)!r}, 'folder')\nos.symlink({str(victim)!r}, 'r')"
    outcome = runs(f"{source}\nprint(open('r').read())")
    assert victim.read_text() == "canary"
    assert "canary" not in outcome.stdout
    assert outcome.exit_code == 1


def test_a_locked_folder_is_removed(runs: Runs) -> None:
    outcome = runs(
        "import os\nos.makedirs('a/b/c')\nos.fchmod(os.open('a', 0), 0)\nprint(os.getcwd())"
    )
    folder = Path(outcome.stdout.strip())
    assert folder.name
    assert not folder.exists()


def _wait_until(mark: str, *, is_there: bool) -> None:
    deadline = time.monotonic() + 10
    while bool(marked(mark)) is not is_there:
        assert time.monotonic() < deadline
        time.sleep(0.02)
