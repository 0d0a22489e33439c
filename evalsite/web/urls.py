"""The pages' addresses: each module has its own."""

from __future__ import annotations

from evalsite.web import (
    alerts,
    batches,
    card_to_case,
    case,
    case_editor,
    cases,
    comparisons,
    gate_checks,
    gate_edit,
    gates,
    health,
    home,
    import_cases,
    invitations,
    leaderboard,
    metrics,
    mute,
    overrides,
    password,
    scorecards,
    signin,
    sso,
    subscriptions,
    suite_forms,
    suites,
    tenants,
    trends,
    webhooks,
)

_MODULES = (
    *(home, signin, password, invitations, tenants, health, metrics, mute),
    *(suite_forms, suites, cases, case_editor, case, import_cases),
    *(scorecards, overrides, card_to_case),
    *(batches, comparisons, leaderboard, trends),
    *(gates, gate_checks, gate_edit, alerts, subscriptions, webhooks),
)

urlpatterns = [*sso.routes(), *(address for module in _MODULES for address in module.urlpatterns)]
