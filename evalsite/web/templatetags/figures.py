"""How figures are written on pages."""

from __future__ import annotations

from django import template

from evalsite.pipeline.report import DASH, percent, points

register = template.Library()

register.filter(percent)
register.filter(points)


@register.filter
def milliseconds(value: float | None) -> str:
    """Write a duration in whole milliseconds."""
    return DASH if value is None else f"{value:,.0f} ms"


@register.filter
def dollars(value: float | None) -> str:
    """Write an amount of money; unknown stays a dash."""
    return DASH if value is None else f"${value:,.4f}"
