"""The API's addresses, in the order of the data's path; each module tells its own."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from evalsite.api import (
    alerts,
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
    leaderboard,
    outputs,
    packs,
    prices,
    regressions,
    results,
    revisions,
    run_evaluation,
    runs,
    scorecards,
    shifts,
    subscriptions,
    suites,
    summaries,
    targets,
    trends,
    webhooks,
)

app_name = "api"

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
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
]
