"""Is this machine fit: disk, sandbox, packages, time zone?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.env import ROOT, load
from judges.sandbox.tiers import describe
from judges.sandbox.unavailable import SandboxUnavailable

_GIB: Final = 2**30
_FAIL: Final = (0.03, 0.5 * _GIB)
_WARN: Final = (0.10, 2.0 * _GIB)
_NAMED: Final = 6


def disk() -> Iterator[Finding]:
    """Has the data folder room, and may we write to it?"""
    folder = _nearest(settings.LAYOUT.data)
    space = shutil.disk_usage(folder)
    told = f"{folder}: {space.free / _GIB:,.1f} of {space.total / _GIB:,.1f} GiB are free"
    fix = f"du -xhd1 {folder} | sort -h   # then free space, or shorten what setretention keeps"
    if _is_short(space.free, space.total, of=_FAIL):
        yield fail("disk_full", told, fix=fix)
    elif _is_short(space.free, space.total, of=_WARN):
        yield warn("disk_low", told, fix=fix)
    else:
        yield ok(told)
    if not os.access(folder, os.W_OK):
        told = f"we may not write to {folder}"
        yield fail("data_unwritable", told, fix=f"chown -R $USER {folder}")


def sandbox() -> Iterator[Finding]:
    """How is candidates' code held here? Only workers of the lane `sandbox` need it."""
    try:
        found = describe()
    except SandboxUnavailable as error:
        told = f"no code can be run on this machine: {error.message}"
        yield warn("sandbox_none", told, fix="apt-get install bubblewrap   # docs/sandbox.md")
        return
    if found["tier"] == "trusted" or load().sandbox_trusted:
        told = "SANDBOX_TRUSTED runs trusted tenants' code unheld"
        yield warn("sandbox_trusted", told, fix="take SANDBOX_TRUSTED out of .env")
    yield ok(f"tier {found['tier']}, filter {found['filter']}, kernel {found['kernel']}")


def packages() -> Iterator[Finding]:
    """Are the packages the ones that this checkout was tested with?"""
    pins = dict(_pins(ROOT / "requirements.txt"))
    found = {name: _installed(name) for name in pins}
    wrong = [f"{name} {found[name]}, not {pin}" for name, pin in pins.items() if found[name] != pin]
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        fix = "python -m pip install -r requirements.txt   # then restart everything"
        yield warn("packages_differ", ", ".join(wrong[:_NAMED]) + more, fix=fix)
    else:
        yield ok(f"all {len(pins)} are as pinned")


def zone() -> Iterator[Finding]:
    """Is the time zone one that this machine knows?"""
    name = load().time_zone
    try:
        ZoneInfo(name)
        yield ok(name)
    except (ZoneInfoNotFoundError, ValueError):
        yield fail("zone_unknown", f"there is no {name}", fix="TIME_ZONE=Europe/Berlin, or UTC")


def _is_short(free: int, total: int, *, of: tuple[float, float]) -> bool:
    """On a large disk a small share is plenty: it is short where both share and bytes are."""
    share, size = of
    return free < size or (free < share * total and free < 10 * size)


def _nearest(path: Path) -> Path:
    return path if path.exists() else _nearest(path.parent)


def _pins(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text().splitlines():
        name, found, pin = line.partition("#")[0].partition("==")
        if found:
            yield name.partition("[")[0].strip(), pin.strip()


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "is missing"
