"""Give each request an id, and log what became of it: one line, without a word that was sent."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

from evalsite.keys.holder import KeyHolder

HEADER: Final = "X-Request-ID"
_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Asked for every few seconds by machines, as are static files by browsers: of interest when they
# fail.
_QUIET: Final = frozenset({"healthz", "readyz", "metrics"})
_LOG = structlog.get_logger("evalsite.request")

Handler = Callable[[HttpRequest], HttpResponse]


class RequestLog:
    """Stands inside the scope that a request begins with, so that the last line has the tenant."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        got_request_exception.connect(_keep_exception, dispatch_uid="request_log")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        clear_contextvars()
        request_id = _request_id(request)
        bind_contextvars(request_id=request_id)
        begun = time.perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = request_id
            milliseconds = round(1000 * (time.perf_counter() - begun), 1)
            _tell(request, response, milliseconds=milliseconds)
        finally:
            clear_contextvars()
        return response


class WhoAsks:
    """Adds the signed-in person's id to what is logged from here on."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            bind_contextvars(user_id=request.user.pk)
        return self.get_response(request)


def _request_id(request: HttpRequest) -> str:
    told = request.headers.get(HEADER, "")
    return told if _SAFE.fullmatch(told) else uuid4().hex


def _keep_exception(request: HttpRequest | None = None, **_: object) -> None:
    """Keep what fell, which Django has turned into an answer before it comes back here."""
    import sys

    if request is not None:
        request.META["evalsite.raised"] = sys.exc_info()[1]


def _tell(request: HttpRequest, response: HttpResponse, *, milliseconds: float) -> None:
    match = request.resolver_match
    raised = request.META.pop("evalsite.raised", None)
    said: dict[str, Any] = {
        "method": request.method,
        "route": match.route if match else "",
        "status": response.status_code,
        "ms": milliseconds,
        **_ids(match.kwargs if match else {}),
    }
    holder = getattr(request, "auth", None)
    if isinstance(holder, KeyHolder):
        said["key_id"] = str(holder.key_id)
    if settings.ENV.log_addresses:
        said["address"] = request.META.get("REMOTE_ADDR", "")
    quiet = response.status_code < 400 and (match is None or match.url_name in _QUIET)
    _LOG.log(_level(response.status_code, quiet=quiet), "request", exc_info=raised, **said)


def _level(status: int, *, quiet: bool) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.DEBUG if quiet else logging.INFO


def _ids(kwargs: dict[str, Any]) -> dict[str, str]:
    """Answer the parts of the address that are ids: anything else may be a name or a token."""
    return {name: str(value) for name, value in kwargs.items() if _is_id(value)}


def _is_id(value: Any) -> bool:
    if isinstance(value, UUID):
        return True
    try:
        return str(UUID(str(value))) == str(value)
    except ValueError:
        return False
