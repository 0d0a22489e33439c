"""How strictly code can be run here: found out once a process, by trying."""

from __future__ import annotations

import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from judges.sandbox import filter, landlock, unprivileged
from judges.sandbox.execute import execute
from judges.sandbox.inside import CHANNEL_FD
from judges.sandbox.launch import Program
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import TierName
from judges.sandbox.room import sweep
from judges.sandbox.unavailable import SandboxUnavailable

# From this version on Landlock also holds back signals and abstract sockets.
_LANDLOCK_NEEDED = 6
_REFUSED_FOR_S = 60.0
_STRICT: tuple[TierName, ...] = ("T1", "T2")
_PROBE = Path(__file__).with_name("probe.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A way to run code, what holds it, and why a stricter way is not there."""

    name: TierName
    kernel: str
    filter_version: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What the last probe found: a tier, or why there is none; the latter may pass."""

    tier: Tier | None
    reason: str
    at: float

    def still_holds(self) -> bool:
        return self.tier is not None or time.monotonic() - self.at < _REFUSED_FOR_S


_lock = threading.Lock()
_findings: dict[str, _Finding] = {}
_is_trusting: ContextVar[bool] = ContextVar("_is_trusting", default=False)


def tier() -> Tier:
    """Give the tier that code is run in; raise SandboxUnavailable where nothing would hold it.

    A tier once found is kept for the life of the process; a refusal is thought over each minute.
    """
    if _is_trusting.get():
        return Tier(name="trusted", kernel=platform.release(), filter_version="")
    with _lock:
        found = _findings.get("here")
        if found is None or not found.still_holds():
            found = _findings["here"] = _probe()
    if found.tier is None:
        raise SandboxUnavailable(found.reason)
    return found.tier


def warm() -> str:
    """Find the tier now, not at the first case, and give a line for the worker's log.

    Also remove what workers that were killed have left.
    """
    try:
        sweep()
        found = tier()
    except SandboxUnavailable as error:
        return str(error)
    why = f" ({found.reason})" if found.reason else ""
    return f"code is run in sandbox {found.name}, filter {found.filter_version}{why}"


def describe() -> dict[str, str]:
    """Give what a scorecard stores of the tier; raise SandboxUnavailable as `tier` does."""
    found = tier()
    return {"tier": found.name, "kernel": found.kernel, "filter": found.filter_version}


@contextmanager
def trusting() -> Iterator[None]:
    """Run code without a sandbox in this block; only limits and time hold it. Never as root."""
    _need_linux()
    if unprivileged.is_root():
        raise SandboxUnavailable("trusted code is never run as root")
    token = _is_trusting.set(True)
    try:
        yield
    finally:
        _is_trusting.reset(token)


def forget() -> None:
    """Probe again at the next question, as after a change of the machine."""
    with _lock:
        _findings.clear()


def _probe() -> _Finding:
    """Try the tiers from the strictest on; keep the first that lets no attack through."""
    reasons: list[str] = []
    for name in _STRICT:
        try:
            version = tried(name)
        except SandboxUnavailable as error:
            reasons.append(f"{name}: {error.message}")
            continue
        kernel, reason = platform.release(), "; ".join(reasons)
        found = Tier(name=name, kernel=kernel, filter_version=version, reason=reason)
        return _Finding(tier=found, reason="", at=time.monotonic())
    return _Finding(tier=None, reason="; ".join(reasons), at=time.monotonic())


def tried(name: TierName) -> str:
    """Run the probe in a tier and give its filter's version; raise where an attack worked."""
    _need_linux()
    if name == "T2" and landlock.support() < _LANDLOCK_NEEDED:
        raise SandboxUnavailable(f"Landlock is older than version {_LANDLOCK_NEEDED}, or absent")
    source = f"{_PROBE.read_text(encoding='utf-8')}\nopened({CHANNEL_FD})\n"
    program = Program(source=source, files={}, stdin=b"", limits=Limits())
    outcome = execute(program, tier=name)
    *opened, end = outcome.channel.decode(errors="replace").split("\n")
    if opened or end != "end":
        raise SandboxUnavailable(
            ", ".join(opened) or f"the probe broke off: {outcome.stderr[-200:]}"
        )
    return filter.version(filter.program(with_metadata=name == "T2"))


def _need_linux() -> None:
    if platform.system() != "Linux":
        raise SandboxUnavailable(f"programs are run on Linux only, not on {platform.system()}")
