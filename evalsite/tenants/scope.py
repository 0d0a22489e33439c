"""The tenant that the running code works for: one context variable, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from evalsite.errors import EvalsiteError

_tenant: ContextVar[UUID | None] = ContextVar("tenant", default=None)


class NoTenant(EvalsiteError):
    """Something touched a tenant's data before a tenant was chosen."""

    code = "no_tenant"
    hint = "name one with --tenant, sign in to one, or open tenants.scope.tenant(id)"


class TenantAlreadyBound(EvalsiteError):
    """A request that works for one tenant tried to work for another."""

    code = "tenant_already_bound"
    hint = "switch the tenant in a request of its own"


def current() -> UUID | None:
    """Answer the tenant in scope, or None."""
    return _tenant.get()


def require() -> UUID:
    """Answer the tenant in scope; raises NoTenant when there is none."""
    tenant_id = _tenant.get()
    if tenant_id is None:
        raise NoTenant("no tenant is in scope")
    return tenant_id


@contextmanager
def tenant(tenant_id: UUID | str) -> Iterator[UUID]:
    """Work for one tenant inside the block; the tenant before comes back after it."""
    wanted = tenant_id if isinstance(tenant_id, UUID) else UUID(tenant_id)
    token = _tenant.set(wanted)
    try:
        yield wanted
    finally:
        _tenant.reset(token)


@contextmanager
def nobody() -> Iterator[None]:
    """Work for no tenant inside the block: a request before its user is known."""
    token = _tenant.set(None)
    try:
        yield
    finally:
        _tenant.reset(token)


def bind(tenant_id: UUID) -> None:
    """Choose the tenant of an open `nobody` block once; raises TenantAlreadyBound on another."""
    if _tenant.get() not in (None, tenant_id):
        raise TenantAlreadyBound("this request already works for another tenant")
    _tenant.set(tenant_id)
