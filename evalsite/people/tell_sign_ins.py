"""Write who signed in, out, or tried to, into the audit trail of the tenant that it concerns."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from evalsite.audit.record import record
from evalsite.tenants import members
from evalsite.tenants.acting import Actor, ActorKind, acting
from evalsite.tenants.scope import current, nobody, tenant

_log = logging.getLogger(__name__)


def listen() -> None:
    """Connect the receivers, once."""
    user_logged_in.connect(tell_signed_in, dispatch_uid="tell_signed_in")
    user_logged_out.connect(tell_signed_out, dispatch_uid="tell_signed_out")
    user_login_failed.connect(tell_failed, dispatch_uid="tell_failed")


def tell_signed_in(sender: object, user: Any, **_: Any) -> None:
    """Record a sign-in to the person's only tenant.

    Who has several, or is a superuser, enters one by choosing it: `tenant.entered` is its entry.
    """
    tenant_id = _only_tenant(user)
    if tenant_id is not None:
        _record("person.signed_in", user, tenant_id=tenant_id)


def tell_signed_out(sender: object, user: Any, **_: Any) -> None:
    """Record a sign-out in the tenant that the session worked for."""
    tenant_id = current()
    if user is not None and tenant_id is not None:
        _record("person.signed_out", user, tenant_id=tenant_id)


def tell_failed(
    sender: object, credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    """Record a wrong password of a member of one tenant; any other try is a line in the log.

    What was typed as a name is logged nowhere: it may be a password.
    """
    name = str(credentials.get("username", ""))
    user = get_user_model().objects.filter(username=name).first()
    tenant_id = _only_tenant(user) if user else None
    if tenant_id is None:
        _log.warning("a sign-in failed that concerns no single tenant")
        return
    address = request.META.get("REMOTE_ADDR", "") if request else ""
    with nobody(), tenant(tenant_id):
        record("person.sign_in_failed", user, address=address)


def _record(action: str, user: Any, *, tenant_id: UUID) -> None:
    role = members.roles_of(user).get(tenant_id, "")
    who = Actor(kind=ActorKind.USER, name=str(user), role=role)
    with nobody(), tenant(tenant_id), acting(who):
        record(action, user)


def _only_tenant(user: Any) -> UUID | None:
    tenants = list(members.roles_of(user))
    return tenants[0] if len(tenants) == 1 and not user.is_superuser else None
