"""Who a program is, once its key was found good."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from evalsite.tenants.models import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHolder:
    """A program with a good key: what may be asked of a signed-in person may be asked of it."""

    key_id: UUID
    public_id: str
    name: str
    tenant_id: UUID
    role: Role
    scopes: frozenset[str]

    pk = None
    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return f"key {self.name}"
