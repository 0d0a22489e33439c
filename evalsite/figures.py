"""How figures are written: a number looks the same in terminals, mails, pages and job pages.

A unit is `share` (0..1, written as per cent, its differences as points), `ms`, `USD` or `tokens`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from decimal import Decimal

DASH: Final = "-"
SHARE: Final = "share"


def level(value: float | None, unit: str = SHARE) -> str:
    """Write where a metric stands: 89.9 %, 1,874 ms, $0.000965; a dash where it is not known."""
    if value is None:
        return DASH
    return f"{100 * value:.1f} %" if unit == SHARE else _amount(value, unit)


def score(value: float | None) -> str:
    """Write one case's score: 0.96; a mean of scores is a level."""
    return DASH if value is None else f"{value:.2f}"


def change(value: float | None, unit: str = SHARE) -> str:
    """Write a difference with its sign: -13.0 points, +153 ms."""
    shown = moved(value, unit)
    return f"{shown} points" if unit == SHARE and value is not None else shown


def moved(value: float | None, unit: str = SHARE) -> str:
    """Write a difference where its head says that shares are in points: -13.0, +153 ms."""
    if value is None:
        return DASH
    return _points(value) if unit == SHARE else _amount(value, unit, sign="+")


def between(low: float | None, high: float | None, *, unit: str = SHARE) -> str:
    """Write an interval of differences, without the unit that stands before it."""
    if low is None or high is None:
        return DASH
    ends = (
        _points(e) if unit == SHARE else _signed(_digits(e, 2), e, sign="+") for e in (low, high)
    )
    return " to ".join(ends)


def levels(low: float | None, high: float | None, *, unit: str = SHARE) -> str:
    """Write an interval of levels, without the unit that stands before it."""
    if low is None or high is None:
        return DASH
    ends = (f"{100 * e:.1f}" if unit == SHARE else _signed(_digits(e, 3), e) for e in (low, high))
    return " to ".join(ends)


def size(value: float, unit: str = SHARE) -> str:
    """Write a margin as exactly as it was declared: 3 points, 200 ms."""
    if unit == SHARE:
        return f"{100 * value:g} points"
    return f"${value:g}" if unit == "USD" else f"{value:g} {unit}"


def dollars(amount: Decimal) -> str:
    """Write an amount of US dollars to the cent, and what is smaller as far as it goes."""
    whole, _, part = f"{amount:f}".partition(".")
    return f"${whole}.{part.rstrip('0'):0<2}"


def probability(p: float | None) -> str:
    """Write p with two digits, or a dash."""
    if p is None:
        return DASH
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def equals(p: float | None) -> str:
    """Write p as what follows the letter: "= 0.022", "< 0.0001"."""
    shown = probability(p)
    return shown if shown.startswith("<") else f"= {shown}"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}".replace("-0.0", "+0.0")


def _amount(value: float, unit: str, *, sign: str = "") -> str:
    """Three digits at least; the sign of money stands before the dollar, tokens are a count."""
    digits = _digits(value, 3)
    if unit == "USD":
        return _signed(f"${digits}", value, sign=sign)
    return _signed(digits if unit == "tokens" else f"{digits} {unit}", value, sign=sign)


def _signed(digits: str, value: float, *, sign: str = "") -> str:
    return f"{'-' if value < 0 else sign}{digits}"


def _digits(value: float, least: int) -> str:
    """Answer at least so many significant digits, never as a power of ten."""
    from decimal import Decimal

    size = abs(value)
    return f"{size:,.0f}" if size >= 100 else f"{Decimal(f'{size:.{least}g}'):f}"
