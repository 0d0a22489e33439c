"""A tenant keeps an owner: whoever takes the last one away is refused."""

from __future__ import annotations

from evalsite.errors import EvalsiteError
from evalsite.tenants.models import Membership, Role


class LastOwner(EvalsiteError):
    """The tenant would be left without an owner."""

    code = "last_owner"
    hint = "make another member owner first"


def require_another_owner(leaving: Membership) -> None:
    """Refuse to take the last owner who can sign in; raises LastOwner.

    The owners' rows stay locked until the transaction ends, so that of two owners who leave at
    the same time one stays.
    """
    owners = hold_owners()
    is_owner = any(owner.pk == leaving.pk for owner in owners)
    if is_owner and not any(owner.user.is_active for owner in owners if owner.pk != leaving.pk):
        raise LastOwner(f"{leaving.user} is the last owner")


def hold_owners() -> list[Membership]:
    """Answer the owners, whose rows stay locked until the transaction ends.

    Whoever locks other members as well locks the owners first.
    """
    locked = Membership.objects.select_for_update(of=("self",)).filter(role=Role.OWNER)
    return list(locked.select_related("user").order_by("pk"))
