"""What the site answers while the database is away: 503, a code, and when to come again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template import loader

from evalsite.api.frame.problems import plain_problem
from evalsite.tenants.backend import pulse

RETRY_SECONDS: Final = 5
CODE: Final = "unavailable"
_TOLD: Final = "The database does not answer."
# They tell by themselves how it is.
_ASKED_BY_MACHINES: Final = frozenset({"/healthz", "/readyz"})


class WhileDatabaseIsAway:
    """Answers at once what nobody can answer: a request that waits would hold a thread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if pulse.is_away() and request.path not in _ASKED_BY_MACHINES:
            return unavailable(request)
        return self.get_response(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer a program's request with a problem, a person's with a page."""
    if request.path.startswith("/api/"):
        answer: HttpResponse = plain_problem(503, code=CODE, detail=_TOLD)
    else:
        answer = HttpResponse(loader.render_to_string("503.html", {"code": CODE}), status=503)
    answer["Retry-After"] = str(RETRY_SECONDS)
    return answer
