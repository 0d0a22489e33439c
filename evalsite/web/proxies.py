"""Whom a request comes from, where proxies of ours stand in front."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class TrustedProxies:
    """Puts the address that the outermost of our proxies saw in place of the innermost proxy's.

    Each proxy adds the address that it saw to the end of `X-Forwarded-For`. What stands before
    those of ours, anybody may have written.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = settings.ENV.trusted_proxies
        seen = request.headers.get("X-Forwarded-For", "").split(",")
        if 0 < count <= len(seen) and (address := seen[-count].strip()):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)
