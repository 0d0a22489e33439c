"""The API's addresses, in the order of the data's path; each module tells its own."""

from __future__ import annotations

from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from evalsite.api import (
    alerts,
    audit,
    baselines,
    batches,
    cases,
    cases_in_bulk,
    comparisons,
    decisions,
    endpoints,
    evaluations,
    experiments,
    gate_checks,
    gates,
    invitations,
    keys,
    leaderboard,
    me,
    members,
    outputs,
    packs,
    prices,
    regressions,
    results,
    retention,
    revisions,
    run_evaluation,
    runs,
    schedules,
    scorecards,
    shifts,
    subscriptions,
    suites,
    summaries,
    targets,
    trends,
    usage,
    webhooks,
)

app_name = "api"

_swagger = SpectacularSwaggerSplitView.as_view(url_name="api:schema")
# Its style sheet holds its icons.
_with_its_icons = csp_update({"img-src": ["data:"]})

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", _with_its_icons(_swagger), name="docs"),
    *packs.urlpatterns,
    *suites.urlpatterns,
    *cases.urlpatterns,
    *cases_in_bulk.urlpatterns,
    *revisions.urlpatterns,
    *targets.urlpatterns,
    *runs.urlpatterns,
    *outputs.urlpatterns,
    *run_evaluation.urlpatterns,
    *evaluations.urlpatterns,
    *schedules.urlpatterns,
    *batches.urlpatterns,
    *scorecards.urlpatterns,
    *summaries.urlpatterns,
    *comparisons.urlpatterns,
    *regressions.urlpatterns,
    *baselines.urlpatterns,
    *gates.urlpatterns,
    *gate_checks.urlpatterns,
    *experiments.urlpatterns,
    *results.urlpatterns,
    *decisions.urlpatterns,
    *trends.urlpatterns,
    *shifts.urlpatterns,
    *leaderboard.urlpatterns,
    *webhooks.urlpatterns,
    *subscriptions.urlpatterns,
    *alerts.urlpatterns,
    *endpoints.urlpatterns,
    *prices.urlpatterns,
    *retention.urlpatterns,
    *keys.urlpatterns,
    *members.urlpatterns,
    *invitations.urlpatterns,
    *usage.urlpatterns,
    *audit.urlpatterns,
    *me.urlpatterns,
]
