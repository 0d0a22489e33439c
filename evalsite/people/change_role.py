"""Give a member another role."""

from __future__ import annotations

from django.db import transaction

from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.errors import UsageError
from evalsite.people.last_owner import require_another_owner
from evalsite.people.queries import locked
from evalsite.tenants.models import Membership, Role
from evalsite.tenants.rank import require_not_above


class RoleUnknown(UsageError):
    """There is no such role."""

    code = "role_unknown"
    hint = f"the roles are {', '.join(Role.values)}"


def change_role(membership: Membership, *, role: Role | str, actor: object = "") -> Membership:
    """Give a member of the tenant in scope another role; audited. The same role changes nothing.

    `actor` is the person or KeyHolder who does it; left out, who acts. Nobody gives or takes a
    role above their own. Raises RoleUnknown, RoleTooHigh, LastOwner.
    """
    if role not in Role.values:
        raise RoleUnknown(f"{role!r:.40} is no role")
    with transaction.atomic():
        if role != Role.OWNER:
            require_another_owner(membership)
        member = locked(membership)
        sides = change({"role": member.role}, {"role": str(role)})
        for one in (member.role, role):
            require_not_above(one, giver=actor)
        if sides["after"]:
            member.role = Role(role)
            member.save(update_fields=["role"])
            record("member.changed", member.user, actor=actor, **sides)
    return member
