"""The pages' addresses: each module has its own."""

from __future__ import annotations

from evalsite.web import (
    batches,
    case,
    case_editor,
    cases,
    comparisons,
    health,
    home,
    import_cases,
    invitations,
    leaderboard,
    metrics,
    mute,
    password,
    signin,
    sso,
    suite_forms,
    suites,
    tenants,
    trends,
)

_MODULES = (
    *(home, signin, password, invitations, tenants, health, metrics, mute),
    *(suite_forms, suites, cases, case_editor, case, import_cases),
    *(batches, comparisons, leaderboard, trends),
)

urlpatterns = [*sso.routes(), *(address for module in _MODULES for address in module.urlpatterns)]
