"""By which name the log knows this request."""

from __future__ import annotations

from django import template
from structlog.contextvars import get_contextvars

register = template.Library()


@register.simple_tag
def request_id() -> str:
    """Answer the id of the request that is being answered; blank outside of one."""
    return str(get_contextvars().get("request_id", ""))
