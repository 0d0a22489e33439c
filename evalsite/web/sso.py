"""Addresses of single sign-on and second factors, where the extra `sso` is on."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, reverse
from django.views.generic import RedirectView

from evalsite.people.sso import PROVIDER

# Pages of allauth for which there is one of our own, whose failures are counted.
_OURS = {
    **dict.fromkeys(("login", "signup", "password/reset"), "signin"),
    **dict.fromkeys(("password/change", "password/set"), "password"),
}


def is_on() -> bool:
    """Answer whether the extra is installed and set."""
    return apps.is_installed("allauth")


def routes() -> list[Any]:
    """List the addresses; none where it is off."""
    if not is_on():
        return []
    ours = [
        path(f"sso/{own}/", RedirectView.as_view(pattern_name=name, query_string=True))
        for own, name in _OURS.items()
    ]
    return [*ours, path("sso/", include("allauth.urls"))]


def links() -> dict[str, str]:
    """Answer what the sign-in page shows: the provider's name, and where it is asked."""
    if not is_on():
        return {}
    name = settings.ENV.oidc_name
    return {"sso_name": name, "sso_url": reverse("openid_connect_login", args=[PROVIDER])}


def factors() -> dict[str, str]:
    """Answer what the password page shows: where second factors are looked after."""
    return {"factors_url": reverse("mfa_index")} if is_on() else {}


def enter(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """Sign in a person whose password was right; a second factor is asked where there is one."""
    from allauth.account.utils import perform_login

    answer: HttpResponse = perform_login(request, user, redirect_url=to)
    return answer
