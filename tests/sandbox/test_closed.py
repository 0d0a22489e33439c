"""Without a sandbox nothing is run; a sandbox that leaks is no sandbox."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from judges.sandbox.outcome import TierName
from tests.sandbox.conftest import needs
from tests.sandbox.jobs import job, started

_NEEDED = ("nsenter", "rm", "chmod", "sh")
_LEAKY = f"""#!/bin/sh
left=$#
while [ $left -gt 0 ]; do
    word=$1; shift; left=$((left - 1))
    if [ "$word" = --seccomp ]; then shift; left=$((left - 1)); else set -- "$@" "$word"; fi
done
exec {shutil.which("bwrap")} "$@"
"""
_BROKEN = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n"


@pytest.fixture
def path(walkable: Path) -> Path:
    """A PATH with the tools of T2, but no bwrap yet."""
    for tool in _NEEDED:
        (walkable / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    return walkable


def test_hiding_both_tiers_runs_nothing(path: Path) -> None:
    found = _closed(path, is_landlock_hidden=True)
    assert found["answers"] == {"sandbox_unavailable": 20}
    assert not found["was_run"]
    assert "bwrap is not on the PATH" in found["why"]


def test_the_second_tier_steps_in(path: Path) -> None:
    needs("T2")
    found = _closed(path, runs=2, is_landlock_hidden=False)
    assert found["answers"] == {"T2": 2}
    assert "bwrap is not on the PATH" in found["why"]


@pytest.mark.parametrize(("script", "why"), [(_BROKEN, "No permissions"), (_LEAKY, "tcp, udp")])
@pytest.mark.skipif(not shutil.which("bwrap"), reason="there is no bwrap here")
def test_a_bwrap_that_does_not_hold_is_refused(path: Path, *, script: str, why: str) -> None:
    bwrap = path / "bwrap"
    bwrap.write_text(script)
    bwrap.chmod(0o755)
    found = _closed(path, is_landlock_hidden=True)
    assert found["answers"] == {"sandbox_unavailable": 20}
    assert why in found["why"]


def test_trusted_code_is_never_run_as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("about root")
    assert job("trusted") == {"code": "sandbox_unavailable"}


def test_trusted_code_is_run_with_limits() -> None:
    with started("trusted", as_user=True) as process:
        said, complaint = process.communicate(timeout=60)
    assert '"tier": "trusted"' in said, complaint
    assert '"stdout": "started\\n"' in said
    assert '"ended": "timed_out"' in said


def test_a_worker_without_rights_has_both_tiers(strict: TierName) -> None:
    with started("each", as_user=True, tiers=[strict]) as process:
        said, complaint = process.communicate(timeout=60)
    assert f'"{strict}": "42\\n"' in said, complaint
    assert '"user": 0' not in said


def _closed(path: Path, *, is_landlock_hidden: bool, runs: int = 20) -> Any:
    env = {"PATH": str(path)}
    marker = str(path / "marker")
    hidden = is_landlock_hidden
    return job("closed", env=env, marker=marker, runs=runs, is_landlock_hidden=hidden)
