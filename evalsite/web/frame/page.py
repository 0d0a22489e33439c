"""What a view is: a page that is looked at, or an act that a button of a page does."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from evalsite.tenants import scope
from evalsite.tenants.permissions import allows, role_in_scope

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

_READ: Final = ("GET", "HEAD")


def page(room: str, verb: str = "view") -> Callable[[View[P]], View[P]]:
    """Make a view that people of the tenant in scope look at, and may do `verb` in `room`.

    A form's own page also takes the POST of its form, which is done as one transaction. Who is
    not signed in or has no tenant is sent on; who may not is answered 403. Nothing is kept by
    caches: a browser asks again, and is told 304 where the view has an ETag.
    """
    methods = _READ if verb == "view" else (*_READ, "POST")
    return lambda view: _made(view, room=room, verb=verb, methods=methods)


def act(room: str, verb: str = "change") -> Callable[[View[P]], View[P]]:
    """Make a view that does something by POST, as one transaction, and leads back to a page."""
    return lambda view: _made(view, room=room, verb=verb, methods=("POST",))


def may(request: HttpRequest, *, verb: str, room: str) -> bool:
    """Answer whether the person may do it in the tenant in scope: whether a button is shown."""
    role = role_in_scope(request.user)
    return role is not None and allows(role, verb=verb, room=room)


def _made(view: View[P], *, room: str, verb: str, methods: tuple[str, ...]) -> View[P]:
    @wraps(view)
    def shown(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if scope.current() is None:
            return redirect("pick-tenant")
        if not may(request, verb=verb, room=room):
            raise PermissionDenied(f"your role may not {verb} {room}")
        if request.method in _READ:
            return view(request, *args, **kwargs)
        with transaction.atomic():
            return view(request, *args, **kwargs)

    made: Any = never_cache(require_http_methods(list(methods))(login_required(shown)))
    made.room, made.verb, made.methods = room, verb, methods
    answer: View[P] = made
    return answer
