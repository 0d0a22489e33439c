"""What the site answers outside of a view: programs get a problem, people a page."""

from __future__ import annotations

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from evalsite.api.frame.outage import unavailable
from evalsite.api.frame.problems import plain_problem

_API: Final = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist."""
    if request.path.startswith(_API):
        return plain_problem(404, code="not_found", detail="There is nothing here.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault of ours, without a word of what it was; a database that is away is none."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable(request)
    if request.path.startswith(_API):
        return plain_problem(500, code="fault", detail="This was not your fault, and was logged.")
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is no request that Django can read."""
    if request.path.startswith(_API):
        return plain_problem(400, code="invalid", detail="The request cannot be read.")
    return defaults.bad_request(request, exception)
