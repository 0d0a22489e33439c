"""A sandbox of each tier that this machine has, and victims for hostile programs."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from judges.sandbox import unprivileged
from judges.sandbox.execute import execute
from judges.sandbox.launch import Program
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import Outcome, TierName
from judges.sandbox.probe import ATTACKS
from judges.sandbox.tiers import tried
from judges.sandbox.unavailable import SandboxUnavailable

Runs = Callable[..., Outcome]


@pytest.fixture(scope="session", params=["T1", "T2"])
def strict(request: pytest.FixtureRequest) -> TierName:
    """Each tier in turn; what this machine does not have is skipped with the reason."""
    name: TierName = request.param
    needs(name)
    return name


def needs(name: TierName) -> None:
    """Skip a test where this machine does not have the tier, and say why; one that leaks fails."""
    try:
        tried(name)
    except SandboxUnavailable as error:
        if ATTACKS.keys() & set(error.message.split(", ")):
            pytest.fail(f"{name} lets through: {error.message}")
        pytest.skip(f"{name}: {error.message}")


@pytest.fixture(scope="session")
def runs(strict: TierName) -> Runs:
    """Run a program in the tier under test."""

    def run(source: str, **given: object) -> Outcome:
        limits = given.pop("limits", Limits(wall_s=5, cpu_s=2))
        whole: dict[str, object] = {"files": {}, "stdin": b"", "limits": limits, **given}
        return execute(Program(source=source, **whole), tier=strict)  # type: ignore[arg-type]

    return run


@pytest.fixture
def walkable() -> Iterator[Path]:
    """A folder of the test's own, with no closed door before it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that everybody may walk into and write in, so that only a sandbox keeps out."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@pytest.fixture(scope="session")
def victims(open_folder: Path) -> Iterator[dict[str, object]]:
    """Plant secrets, listeners, a process and a descriptor that a hostile program may aim at."""
    secret, unix = open_folder / "secret", open_folder / "unix"
    secret.write_text("canary")
    home = Path.home() / f".evalsite-canary-{os.getpid()}"
    home.write_text("canary")
    # The process belongs to the sandbox's own user: rights alone would let the program at it.
    owner: dict[str, Any] = {}
    if unprivileged.is_root():
        owner = {"user": unprivileged.USER, "group": unprivileged.USER, "extra_groups": []}
        os.chown(secret, unprivileged.USER, unprivileged.USER)
    abstract = f"evalsite-{os.getpid()}"
    places = (("127.0.0.1", 0), str(unix), f"\0{abstract}")
    with ExitStack() as stack:
        tcp, _, _ = (stack.enter_context(_listening(place)) for place in places)
        unix.chmod(0o777)
        file = stack.enter_context(open(secret))
        os.set_inheritable(file.fileno(), True)
        process = stack.enter_context(subprocess.Popen(["sleep", "999"], **owner))
        stack.callback(process.kill)
        stack.callback(home.unlink)
        yield {
            "home": str(home),
            "app": str(secret),
            "folder": str(open_folder),
            "tcp": tcp.getsockname()[1],
            "unix": str(unix),
            "abstract": abstract,
            "process": process.pid,
            "descriptor": file.fileno(),
            "many": 6000,
            "pause": 3,
        }


@pytest.fixture
def place(open_folder: Path) -> Path:
    """An empty temporary folder that everybody can reach, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o777)
    return folder


def _listening(place: object) -> socket.socket:
    family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
    listener = socket.socket(family)
    listener.bind(place)  # type: ignore[arg-type]
    listener.listen()
    return listener
