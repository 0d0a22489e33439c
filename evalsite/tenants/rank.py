"""Nobody gives, takes or changes a role above their own."""

from __future__ import annotations

from typing import Any, Final

from evalsite.errors import EvalsiteError
from evalsite.tenants.acting import ActorKind, current
from evalsite.tenants.models import Role
from evalsite.tenants.permissions import role_in_scope

_ORDER: Final = Role.values


class RoleTooHigh(EvalsiteError):
    """A role above that of the person or key that would give or take it."""

    code = "role_too_high"
    hint = "nobody gives or takes a role above their own: ask somebody who has it"
    http_status = 403


def require_not_above(role: Role | str, *, giver: object) -> None:
    """Let the giver handle the role, or raise RoleTooHigh.

    A giver is a signed-in person or the holder of a key. A text, such as a command's name, stands
    for who acts: whoever may run commands has the whole machine, and no bound.
    """
    if isinstance(giver, str):
        giver = current()
        if giver.kind is ActorKind.SYSTEM:
            return
    held = _held(giver)
    if held is None or _ORDER.index(role) > _ORDER.index(held):
        raise RoleTooHigh(f"the role {role} is above {held or 'no role'}")


def _held(someone: Any) -> str | None:
    """Answer the role of a key's holder, or of a person in the tenant in scope."""
    held = getattr(someone, "role", None)
    return role_in_scope(someone) if held is None else held or None
