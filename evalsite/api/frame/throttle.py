"""Refuse what comes faster than a key or a tenant may send: 429, and when to come again.

Both rates are counted once per request, together, in one round trip.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from evalsite.api.frame.rates import Full, Window, counter
from evalsite.keys.holder import KeyHolder
from evalsite.keys.sender import sender
from evalsite.tenants import scope

if TYPE_CHECKING:
    from limits import RateLimitItem

_KEY, _TENANT = 0, 1
_COUNTED: Final = "_counted_rates"


class _View(Protocol):
    """Whatever is throttled: the rates do not depend on it."""


class _Rate(BaseThrottle):
    """One of the two rates; the first of them that is asked counts for both."""

    place: int

    def allow_request(self, request: Request, view: _View) -> bool:
        """Answer whether the request may go on."""
        self.full = _count_once(request)
        return self.full is None or self.full.place != self.place

    def wait(self) -> float | None:
        """Answer in how many seconds to come again."""
        return self.full.seconds if self.full else None


class KeyRate(_Rate):
    """What one key, one person or, where nobody is signed in, one address may send."""

    place = _KEY


class TenantRate(_Rate):
    """What all keys and people of a tenant may send together."""

    place = _TENANT


def _count_once(request: Request) -> Full | None:
    full: Full | None
    if not hasattr(request, _COUNTED):
        windows = [Window(_whose(request), rate(settings.ENV.api_rate_key))]
        if (tenant_id := scope.current()) is not None:
            windows.append(Window(f"tenant:{tenant_id}", rate(settings.ENV.api_rate_tenant)))
        setattr(request, _COUNTED, counter().count(*windows))
    full = getattr(request, _COUNTED)
    return full


def _whose(request: Request) -> str:
    if isinstance(request.auth, KeyHolder):
        return f"key:{request.auth.key_id}"
    if request.user is not None and request.user.is_authenticated:
        return f"person:{request.user.pk}"
    return f"address:{sender(request.META.get('REMOTE_ADDR', ''))}"


@lru_cache(maxsize=8)
def rate(text: str) -> RateLimitItem:
    """Read a rate such as `1200/minute`; raises ValueError."""
    from limits import parse

    return parse(text)
