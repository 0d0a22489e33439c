"""What each role may do: one small table that pages, admin and commands ask."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.backends import ModelBackend

from evalsite.tenants import members, scope
from evalsite.tenants.acting import Actor, ActorKind
from evalsite.tenants.models import Role

# Rooms whose rows engineers make and change.
_ENGINEERED: Final = (
    *("targets", "batches", "pipeline", "schedules"),
    *("regressions", "experiments", "gates", "trends", "shares"),
)
# What only those may look at who run the tenant.
_PRIVATE: Final = frozenset({"audit", "keys", "people", "retention"})
# A role may do all that the roles before it may. `*` stands for any room that is not private.
_ADDS: Final[dict[Role, frozenset[str]]] = {
    Role.VIEWER: frozenset({"view *"}),
    Role.CURATOR: frozenset(
        {"add cases", "change cases", "delete cases", "add calibration", "change calibration"}
    ),
    Role.ENGINEER: frozenset(
        f"{verb} {room}" for verb in ("add", "change") for room in _ENGINEERED
    ),
    Role.ADMIN: frozenset(
        {
            *("add alerts", "change alerts", "delete alerts", "delete targets"),
            *("delete regressions", "delete experiments", "delete gates", "delete pipeline"),
            "delete schedules",
            *("add calls", "change calls", "delete calls"),
            *("add endpoints", "change endpoints", "delete endpoints"),
            *("view audit", "view retention"),
            *("view keys", "add keys", "change keys", "delete keys"),
            *("view people", "add people", "change people", "delete people"),
        }
    ),
    Role.OWNER: frozenset(
        {
            *("add tenants", "change tenants", "delete tenants"),
            *("add retention", "change retention", "delete retention"),
        }
    ),
}
# Rooms of the platform, not of a tenant: people, sessions, groups.
_PLATFORM_ROOMS: Final = frozenset({"auth", "sessions", "contenttypes", "admin"})


def allows(role: Role, *, verb: str, room: str) -> bool:
    """Answer whether the role may do `verb` (view, add, change, delete) in a room."""
    if room in _PLATFORM_ROOMS:
        return False
    wanted = {f"{verb} {room}"} | (set() if room in _PRIVATE else {f"{verb} *"})
    for step in Role:
        if wanted & _ADDS[step]:
            return True
        if step is role:
            return False
    return False


def role_in_scope(user: Any) -> Role | None:
    """Answer the person's role in the tenant in scope; a superuser is an owner there."""
    tenant_id = scope.current()
    if tenant_id is None or not user.is_active:
        return None
    return Role.OWNER if user.is_superuser else members.roles_of(user).get(tenant_id)


def person(user: Any) -> Actor:
    """Answer the signed-in person as who acts, with the role in the tenant in scope."""
    return Actor(kind=ActorKind.USER, name=str(user), role=role_in_scope(user) or "")


class MembershipBackend(ModelBackend):
    """Django's permission questions answered from the membership in the tenant in scope."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Answer for a permission named `<room>.<verb>_<model>`."""
        room, _, action = perm.partition(".")
        role = role_in_scope(user_obj)
        return role is not None and allows(role, verb=action.partition("_")[0], room=room)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Answer whether the person may see anything in the room."""
        role = role_in_scope(user_obj)
        return role is not None and allows(role, verb="view", room=app_label)
