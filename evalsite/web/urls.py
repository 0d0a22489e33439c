"""The pages' addresses: each module has its own."""

from __future__ import annotations

from evalsite.web import (
    batches,
    comparisons,
    health,
    home,
    invitations,
    leaderboard,
    metrics,
    mute,
    password,
    signin,
    sso,
    suites,
    tenants,
)

_MODULES = (
    *(home, signin, password, invitations, tenants, health, metrics, mute),
    *(suites, batches, comparisons, leaderboard),
)

urlpatterns = [*sso.routes(), *(address for module in _MODULES for address in module.urlpatterns)]
