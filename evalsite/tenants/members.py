"""Who may enter which tenant, asked before any tenant is bound."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from evalsite.tenants import bootstrap
from evalsite.tenants.models import Role, Tenant


def roles_of(user: Any) -> dict[UUID, Role]:
    """Answer the person's role by tenant, active tenants only.

    Memberships lie behind the wall; the function `app.memberships_of` is the way past it.
    """
    if not user.is_authenticated or not user.is_active:
        return {}
    cached: dict[UUID, Role] | None = getattr(user, "_roles_by_tenant", None)
    if cached is None:
        rows = bootstrap.ask("memberships_of", user.pk)
        cached = {tenant_id: Role(role) for tenant_id, role in rows}
        user._roles_by_tenant = cached
    return cached


def may_enter(user: Any, tenant_id: UUID) -> bool:
    """Answer whether the person is a member of the active tenant, or a superuser."""
    if user.is_active and user.is_superuser:
        return Tenant.objects.filter(pk=tenant_id, is_active=True).exists()
    return tenant_id in roles_of(user)
