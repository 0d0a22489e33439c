"""Who is doing what is recorded; it is told as early as the tenant is, so it lives beside it."""

from evalsite.tenants.acting import SYSTEM, Actor, ActorKind, act_as, acting, current

__all__ = ["SYSTEM", "Actor", "ActorKind", "act_as", "acting", "current"]
