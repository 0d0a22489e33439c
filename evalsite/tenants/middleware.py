"""Which tenant a request works for: nobody, until a signed-in member's session says so."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from evalsite.tenants import members, scope
from evalsite.tenants.acting import SYSTEM, act_as, acting
from evalsite.tenants.permissions import person

SESSION_KEY = "tenant"
Handler = Callable[[HttpRequest], HttpResponse]


class EmptyScope:
    """Each request begins without a tenant and an actor, and leaves none behind."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with scope.nobody(), acting(SYSTEM):
            return self.get_response(request)


class TenantOfSession:
    """Bind the tenant that the session names, if the person may enter it, and tell who acts.

    A person with exactly one membership has nothing to choose. Anyone else picks; there is no
    falling back to the tenant used last, and no mode that shows all tenants.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            tenant_id = self._chosen(request)
            if tenant_id is not None:
                scope.bind(tenant_id)
            act_as(person(request.user))
        return self.get_response(request)

    @staticmethod
    def _chosen(request: HttpRequest) -> UUID | None:
        roles = members.roles_of(request.user)
        named = request.session.get(SESSION_KEY)
        if named and members.may_enter(request.user, UUID(named)):
            return UUID(named)
        if named:
            del request.session[SESSION_KEY]
        if len(roles) == 1 and not request.user.is_superuser:
            return next(iter(roles))
        return None
