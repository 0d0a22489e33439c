"""Where the reader is."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("web/_nav_link.html", takes_context=True)
def nav_link(context: dict[str, Any], name: str, *, text: str) -> dict[str, Any]:
    """Link to a section; the one that the page belongs to is marked."""
    address = reverse(name)
    path = context["request"].path
    return {"address": address, "text": text, "is_here": path.startswith(address)}
