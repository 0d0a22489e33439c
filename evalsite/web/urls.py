"""The pages' addresses."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

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
    sso,
    tenants,
)
from evalsite.web.signin import SignIn

urlpatterns = [
    path("", home.index, name="home"),
    path("signin/", SignIn.as_view(), name="signin"),
    path("signout/", auth.LogoutView.as_view(), name="signout"),
    path("password/", password.Change.as_view(), name="password"),
    path("invitations/<str:token>/", invitations.page, name="invitation"),
    *sso.routes(),
    path("tenant/", tenants.pick, name="pick-tenant"),
    path("batches/<uuid:batch_id>/", batches.detail, name="batch"),
    path("comparisons/<uuid:comparison_id>/", comparisons.detail, name="comparison"),
    path("mute/<str:token>/", mute.page, name="mute"),
    path("suites/<slug:suite>/leaderboard/", leaderboard.board, name="leaderboard"),
    path("healthz", health.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
]
