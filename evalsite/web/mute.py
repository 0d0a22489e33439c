"""Mute alerts by the link in a mail: no signing in, and one click for mail programs (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from evalsite.alerts import mute
from evalsite.alerts.mute import MuteLinkInvalid
from evalsite.tenants import scope


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Say what the link stands for, and on POST mute or unmute it; 404 for a link that is none.

    The token is the proof: a mail program that posts has no cookie. A scanner that follows links
    changes nothing by GET.
    """
    try:
        if request.method == "POST":
            muted = mute.change(token, is_muted="unmute" not in request.POST)
        else:
            muted = mute.look(token)
    except MuteLinkInvalid as error:
        return _render(request, {"error": error}, status=404)
    return _render(request, {"muted": muted, "is_done": request.method == "POST"})


def _render(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """Render outside any tenant: whoever follows the link need not be the one signed in."""
    with scope.nobody():
        response = render(request, "web/mute.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


urlpatterns = [
    path("mute/<str:token>/", page, name="mute"),
]
