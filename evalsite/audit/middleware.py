"""Whoever is signed in does what the request does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from evalsite.tenants.acting import SYSTEM, Actor, ActorKind, acting
from evalsite.tenants.permissions import role_in_scope


class ActorOfRequest:
    """Open the block in which a request acts, for the signed-in person with the role in scope.

    Without one it is the system until somebody says who it is: `tenants.acting.act_as`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(person(request.user) if request.user.is_authenticated else SYSTEM):
            return self.get_response(request)


def person(user: Any) -> Actor:
    """Answer the signed-in person as who acts in the tenant in scope."""
    return Actor(kind=ActorKind.USER, name=str(user), role=role_in_scope(user) or "")
