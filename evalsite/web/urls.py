"""The pages' addresses: each module has its own."""

from __future__ import annotations

from evalsite.web import (
    alerts,
    batch,
    batch_progress,
    batch_start,
    batch_steer,
    batches,
    card_to_case,
    case,
    case_editor,
    cases,
    compare,
    comparisons,
    experiment,
    experiment_results,
    experiments,
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
    shared,
    shares,
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
    *(compare, comparisons, shares, shared),
    *(batches, batch_start, batch, batch_progress, batch_steer),
    *(leaderboard, trends),
    *(experiments, experiment, experiment_results),
    *(gates, gate_checks, gate_edit, alerts, subscriptions, webhooks),
)

urlpatterns = [*sso.routes(), *(address for module in _MODULES for address in module.urlpatterns)]
