"""Nobody gives, takes or changes a role above their own."""

from __future__ import annotations

from typing import Any, Final

from evalsite.errors import EvalsiteError
from evalsite.tenants.models import Role
from evalsite.tenants.permissions import role_in_scope

_ORDER: Final = tuple(Role)


class RoleTooHigh(EvalsiteError):
    """A role above that of the person or key that would give or take it."""

    code = "role_too_high"
    hint = "nobody gives or takes a role above their own: ask somebody who has it"
    http_status = 403


def require_not_above(role: Role, *, giver: object) -> None:
    """Let the giver handle the role, or raise RoleTooHigh.

    A giver is a signed-in person, the holder of a key, or the name of a command: whoever may
    run commands has the whole machine.
    """
    if isinstance(giver, str):
        return
    held = role_held(giver)
    if held is None or _ORDER.index(role) > _ORDER.index(held):
        raise RoleTooHigh(f"the role {role} is above {held or 'no role'}")


def role_held(someone: Any) -> Role | None:
    """Answer the role of a key's holder, or of a person in the tenant in scope."""
    held: Role | None = getattr(someone, "role", None)
    return held or role_in_scope(someone)
