"""How figures are written on pages."""

from __future__ import annotations

from django import template

register = template.Library()

DASH = "-"


@register.filter
def percent(share: float | None) -> str:
    """Write a share in 0..1 as per cent; a dash where there is none, never a zero."""
    return DASH if share is None else f"{share * 100:.1f} %"


@register.filter
def points(difference: float | None) -> str:
    """Write a difference of shares in percentage points, with its sign."""
    return DASH if difference is None else f"{difference * 100:+.1f}"


@register.filter
def milliseconds(value: float | None) -> str:
    """Write a duration in whole milliseconds."""
    return DASH if value is None else f"{value:,.0f} ms"


@register.filter
def dollars(value: float | None) -> str:
    """Write an amount of money; unknown stays a dash."""
    return DASH if value is None else f"${value:,.4f}"
