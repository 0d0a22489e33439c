"""Found a tenant and let people in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.dispatch import Signal

from evalsite.errors import EvalsiteError
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import require, tenant

# Sent in the tenant's scope, in the transaction that does it: with `founded`; with `membership`
# and, if there was one, `before`. What a receiver writes stands or falls with it.
tenant_founded = Signal()
member_admitted = Signal()


class TenantUnknown(EvalsiteError):
    """No tenant has that name."""

    code = "tenant_unknown"
    hint = "manage.py createtenant makes one"
    exit_code = 2


class TenantExists(EvalsiteError):
    """A tenant with that name is there already."""

    code = "tenant_exists"
    hint = "choose another slug"


def find_tenant(slug: str) -> Tenant:
    """Answer the active tenant of that slug; raises TenantUnknown."""
    found = Tenant.objects.filter(slug=slug, is_active=True).first()
    if found is None:
        raise TenantUnknown(f"there is no tenant {slug!r}")
    return found


def create_tenant(*, slug: str, name: str) -> Tenant:
    """Found a tenant; raises TenantExists."""
    with transaction.atomic():
        made, is_new = Tenant.objects.get_or_create(slug=slug, defaults={"name": name})
        if not is_new:
            raise TenantExists(f"there is a tenant {slug!r} already")
        with tenant(made.pk):
            tenant_founded.send(Tenant, founded=made)
    return made


def admit(user: Any, *, role: Role) -> Membership:
    """Give a person a role in the tenant in scope, and entry to the admin."""
    with transaction.atomic():
        if not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        membership, _ = Membership.objects.update_or_create(
            tenant_id=require(), user=user, defaults={"role": role}
        )
    return membership


def admit_by_name(slug: str, *, username: str, password: str | None, role: Role) -> Membership:
    """Give a person, made on first sight, a role in the tenant of that slug."""
    users = get_user_model().objects
    user, is_new = users.get_or_create(username=username, defaults={"email": username})
    if is_new:
        user.set_password(password)
        user.save()
    with tenant(find_tenant(slug).pk), transaction.atomic():
        before = Membership.objects.filter(user=user).first()
        membership = admit(user, role=role)
        if before is None or before.role != role:
            member_admitted.send(Membership, membership=membership, before=before)
    return membership
