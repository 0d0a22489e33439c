"""May they? The role says what a member may do, and a key's scopes what the key is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from evalsite.errors import EvalsiteError
from evalsite.keys.holder import KeyHolder
from evalsite.keys.scopes import covers
from evalsite.tenants.models import Role
from evalsite.tenants.permissions import allows, role_in_scope

if TYPE_CHECKING:
    from evalsite.api.frame.resource import Resource


class TenantNotChosen(EvalsiteError):
    """A signed-in person has not said which tenant is meant."""

    code = "tenant_not_chosen"
    hint = "choose the tenant on the page /tenant/, or use a key: a key belongs to one tenant"
    http_status = 403


class RoleTooLow(EvalsiteError):
    """The role may not do that."""

    code = "role_too_low"
    hint = (
        "docs/people.md lists what each role may do; an admin of the tenant can give a higher one"
    )
    http_status = 403


class ScopeMissing(EvalsiteError):
    """The key is not made for that."""

    code = "scope_missing"
    hint = "issue a key with the scope that is named"
    http_status = 403


class Permitted(BasePermission):
    """Asks the role and, of a program, the scopes. Rows of other tenants are no matter of rights:
    the wall does not show them."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Answer True, or False for nobody; raises what says why a known one may not."""
        if not request.user or not request.user.is_authenticated:
            return False
        resource: Resource[Any] = view
        role, verb, room = role_of(request), resource.verb(), resource.room
        if not allows(role, verb=verb, room=room):
            raise RoleTooLow(f"the role {role} may not {verb} {room}")
        held = request.auth
        if isinstance(held, KeyHolder) and not covers(held.scopes, verb=verb, room=room):
            access = "read" if verb == "view" else "write"
            raise ScopeMissing(f"the key lacks the scope {room}:{access}")
        return True


def role_of(request: Request) -> Role:
    """Answer the role of who asks, in the tenant in scope; raises TenantNotChosen."""
    if isinstance(request.auth, KeyHolder):
        return request.auth.role
    role = role_in_scope(request.user)
    if role is None:
        raise TenantNotChosen("no tenant is chosen")
    return role
