"""Take a member out of the tenant: their next request is outside."""

from __future__ import annotations

from django.db import transaction

from evalsite.audit.record import record
from evalsite.people.last_owner import require_another_owner
from evalsite.people.queries import locked
from evalsite.tenants.models import Membership
from evalsite.tenants.rank import require_not_above


def remove_member(membership: Membership, *, actor: object = "") -> None:
    """Take a member out of the tenant in scope; audited. The person's account stays.

    `actor` is the person or KeyHolder who does it; left out, who acts. Nobody takes a role above
    their own. Keys that the member issued belong to the tenant, and stay.
    Raises RoleTooHigh and LastOwner.
    """
    with transaction.atomic():
        require_another_owner(membership)
        member = locked(membership)
        require_not_above(member.role, giver=actor)
        member.delete()
        record("member.removed", member.user, actor=actor, before={"role": member.role})
