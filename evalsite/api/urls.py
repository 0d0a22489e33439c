"""The API's addresses, in the order of the data's path; each module tells its own."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from evalsite.api import (
    cases,
    cases_in_bulk,
    outputs,
    revisions,
    runs,
    suites,
    targets,
)

app_name = "api"

urlpatterns = [
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    *suites.urlpatterns,
    *cases.urlpatterns,
    *cases_in_bulk.urlpatterns,
    *revisions.urlpatterns,
    *targets.urlpatterns,
    *runs.urlpatterns,
    *outputs.urlpatterns,
]
