"""An error that has a code becomes a page that says what it is, why, and what helps."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from evalsite.errors import EvalsiteError


class ErrorPages:
    """Answers what a page's view raises; the API answers its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer the page of an error with a code; None for any other, which is a fault of ours."""
        if not isinstance(error, EvalsiteError):
            return None
        return render(request, "web/error.html", {"error": error}, status=error.http_status)
