"""How figures are written on pages: as everywhere."""

from __future__ import annotations

from django import template

from evalsite.figures import DASH, equals, level, levels, moved

register = template.Library()

register.filter("percent", level)
register.filter("equals", equals)


@register.filter
def points(value: float | None) -> str:
    """Write a difference of shares in points."""
    return moved(value)


@register.filter
def milliseconds(value: float | None) -> str:
    """Write a duration."""
    return level(value, "ms")


@register.filter
def dollars(value: float | None) -> str:
    """Write an amount of money."""
    return level(value, "USD")


@register.filter
def spaced(code: str) -> str:
    """Write a code such as needs_review as words."""
    return code.replace("_", " ")


@register.filter
def thousands(n: int | None) -> str:
    """Write a count: 1,400; a dash where it is not known."""
    return DASH if n is None else f"{n:,}"


@register.filter
def upto(low: float | None, high: float | None) -> str:
    """Write an interval of shares: 73.1 to 84.4 %; a dash where it is not known."""
    return DASH if low is None or high is None else f"{levels(low, high)} %"
