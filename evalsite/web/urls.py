"""The pages' addresses."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from evalsite.web import batches, comparisons, health, home, leaderboard, metrics, mute, tenants

urlpatterns = [
    path("", home.index, name="home"),
    path("signin/", auth.LoginView.as_view(redirect_authenticated_user=True), name="signin"),
    path("signout/", auth.LogoutView.as_view(), name="signout"),
    path("tenant/", tenants.pick, name="pick-tenant"),
    path("batches/<uuid:batch_id>/", batches.detail, name="batch"),
    path("comparisons/<uuid:comparison_id>/", comparisons.detail, name="comparison"),
    path("mute/<str:token>/", mute.page, name="mute"),
    path("suites/<slug:suite>/leaderboard/", leaderboard.board, name="leaderboard"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
]
