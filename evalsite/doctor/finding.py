"""What a check has found: a level, a code that stays, the cause, and the fix as a command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`unknown` is what could not be looked at, which is no all-clear."""

    OK = "ok"
    WARNING = "warning"
    UNKNOWN = "unknown"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer; `code` is `ok`, or one of docs/doctor.md. No text of it may hold a secret."""

    level: Level
    code: str
    told: str
    fix: str = ""


def ok(told: str) -> Finding:
    """Answer that all is well, with what was seen."""
    return Finding(Level.OK, "ok", told)


def warn(code: str, told: str, *, fix: str) -> Finding:
    """Answer what works, and will hurt."""
    return Finding(Level.WARNING, code, told, fix)


def unknown(code: str, told: str, *, fix: str = "") -> Finding:
    """Answer that it could not be looked at, and why."""
    return Finding(Level.UNKNOWN, code, told, fix)


def fail(code: str, told: str, *, fix: str) -> Finding:
    """Answer what does not work."""
    return Finding(Level.ERROR, code, told, fix)
