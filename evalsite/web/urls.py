"""The pages' addresses."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from evalsite.web import batches, health, home, leaderboard, metrics, tenants

urlpatterns = [
    path("", home.index, name="home"),
    path("signin/", auth.LoginView.as_view(redirect_authenticated_user=True), name="signin"),
    path("signout/", auth.LogoutView.as_view(), name="signout"),
    path("tenant/", tenants.pick, name="pick-tenant"),
    path("batches/<uuid:batch_id>/", batches.detail, name="batch"),
    path("suites/<slug:suite>/leaderboard/", leaderboard.board, name="leaderboard"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
]
