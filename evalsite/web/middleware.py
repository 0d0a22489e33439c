"""The admin works inside one tenant, and a session has an id of its own for each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from evalsite.tenants import scope
from evalsite.tenants.permissions import role_in_scope

_ROLE_KEY: Final = "role"


class AdminNeedsTenant:
    """Send a signed-in person without a tenant from the admin to the choice of one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.path.startswith(reverse("admin:index"))
            and request.user.is_authenticated
            and scope.current() is None
            and not request.path.startswith(reverse("admin:logout"))
        ):
            return redirect("pick-tenant")
        return self.get_response(request)


class NewIdForNewRole:
    """Give the session a new id when its person's role became another, as signing in does.

    An id that leaked before somebody became an admin is then worth nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            held = f"{scope.current()} {role_in_scope(request.user)}"
            before = request.session.get(_ROLE_KEY)
            if before != held:
                request.session[_ROLE_KEY] = held
                if before is not None:
                    request.session.cycle_key()
        return self.get_response(request)
