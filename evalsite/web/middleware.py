"""The admin works inside one tenant: who has not chosen is asked to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from evalsite.tenants import scope


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
