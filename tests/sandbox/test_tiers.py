"""Which tier is chosen, which Python, and for how long that is believed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsite.celery import find_the_sandbox
from judges.sandbox import launch, tiers, unprivileged
from judges.sandbox.interpreter import Interpreter, closed_door, interpreters
from judges.sandbox.limits import Limits
from judges.sandbox.room import Room
from judges.sandbox.unavailable import SandboxUnavailable


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    tiers.forget()
    yield
    tiers.forget()
    launch.interpreter.cache_clear()


def _holds(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let the probe find that only these tiers hold."""

    def tried(name: str) -> str:
        if name not in names:
            raise SandboxUnavailable(f"{name} leaks")
        return "abc"

    monkeypatch.setattr(tiers, "tried", tried)


def test_the_strictest_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    _holds(monkeypatch, "T1", "T2")
    assert (tiers.tier().name, tiers.tier().reason) == ("T1", "")


def test_why_a_stricter_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    _holds(monkeypatch, "T2")
    assert (tiers.tier().name, tiers.tier().reason) == ("T2", "T1: T1 leaks")
    assert tiers.warm() == "code is run in sandbox T2, filter abc (T1: T1 leaks)"


def test_without_any_the_worker_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    _holds(monkeypatch)
    with pytest.raises(SandboxUnavailable, match="T1: T1 leaks; T2: T2 leaks"):
        tiers.describe()
    assert "sandbox_unavailable" in tiers.warm()


def test_a_refusal_is_thought_over(monkeypatch: pytest.MonkeyPatch) -> None:
    _holds(monkeypatch)
    assert "leaks" in tiers.warm()
    _holds(monkeypatch, "T1")
    assert "leaks" in tiers.warm()
    monkeypatch.setattr(tiers, "_REFUSED_FOR_S", 0)
    assert tiers.tier().name == "T1"


def test_a_tier_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    _holds(monkeypatch, "T1")
    tiers.tier()
    _holds(monkeypatch)
    assert tiers.tier().name == "T1"


def test_a_worker_logs_its_tier(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _holds(monkeypatch, "T2")
    with caplog.at_level("INFO", logger="evalsite.celery"):
        find_the_sandbox()
    assert "sandbox T2" in caplog.text


def test_other_systems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(SandboxUnavailable, match="Darwin"):
        tiers.tier()


def test_a_python_that_cannot_be_reached_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    (real, *_) = interpreters()
    closed = Interpreter(executable=Path("/closed/python"), libraries=())

    def prefix(readable: tuple[Path, ...]) -> list[str]:
        if closed.executable in readable:
            raise SandboxUnavailable("/closed is closed")
        return []

    monkeypatch.setattr(unprivileged, "prefix", prefix)
    monkeypatch.setattr(launch, "interpreters", lambda: iter([closed, real]))
    launch.interpreter.cache_clear()
    assert launch.interpreter() == real


def test_a_closed_door_is_found(walkable: Path) -> None:
    inner = walkable / "closed" / "inner"
    inner.mkdir(parents=True)
    (walkable / "closed").chmod(0o700)
    assert closed_door(inner / "file") == walkable / "closed"
    assert closed_door(Path("/usr/bin/env")) is None


def test_limits_are_whole_seconds_and_bytes() -> None:
    limits = Limits(cpu_s=1.2, memory_mb=2, files_mb=3, output_kb=4)
    assert (limits.cpu_seconds, limits.memory_bytes) == (2, 2 << 20)
    assert (limits.files_bytes, limits.output_bytes) == (3 << 20, 4096)


def test_who_was_no_root_once_gives_up_its_rights_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    room = Room(folder=Path("/scratch"))
    program = launch.Program(source="", files={}, stdin=b"", limits=Limits())
    launch.interpreter()
    with monkeypatch.context() as patch:
        patch.setattr(unprivileged, "is_root", lambda: False)
        assert launch.words(program, tier="T2", room=room, bpf=0) == []
    needs_nsenter = bool(launch.words(program, tier="T2", room=room, bpf=0))
    assert needs_nsenter is unprivileged.is_root()
