"""Record that a tenant was founded and people were let in, which the room below cannot."""

from __future__ import annotations

from typing import Any

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.tenants.models import Membership, Tenant


def note_founded(founded: Tenant, **_: Any) -> None:
    """Begin the trail of a tenant."""
    record("tenant.founded", founded, after=shown(founded, "slug", "name"))


def note_admitted(membership: Membership, before: Membership | None, **_: Any) -> None:
    """Record who was given which role by a command."""
    sides = change(shown(before, "role"), shown(membership, "role"))
    record("member.admitted", membership.user, **sides)
