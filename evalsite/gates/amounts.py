"""Figures of a metric in words: shares in per cent and points, all else with its unit."""

from __future__ import annotations

from typing import Final

SHARE: Final = "share"
DASH: Final = "-"


def level(value: float | None, unit: str) -> str:
    """Write where a metric stands."""
    if value is None:
        return DASH
    return f"{value * 100:.1f} %" if unit == SHARE else f"{_short(value)} {unit}"


def change(value: float | None, unit: str) -> str:
    """Write a difference, with its sign."""
    if value is None:
        return DASH
    return f"{value * 100:+.1f} points" if unit == SHARE else f"{_short(value, '+')} {unit}"


def size(value: float, unit: str) -> str:
    """Write a margin."""
    return f"{value * 100:g} points" if unit == SHARE else f"{value:g} {unit}"


def between(low: float | None, high: float | None, *, unit: str) -> str:
    """Write an interval of differences, without the unit that stands before it."""
    if low is None or high is None:
        return DASH
    if unit == SHARE:
        return f"{low * 100:+.1f} to {high * 100:+.1f}"
    return f"{_short(low, '+')} to {_short(high, '+')}"


def _short(value: float, sign: str = "") -> str:
    return f"{value:{sign}.0f}" if abs(value) >= 100 else f"{value:{sign}.3g}"
