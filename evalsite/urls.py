"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from evalsite.api.frame import away
from evalsite.web.frame.forbidden import forbidden

urlpatterns = [
    # One way in, whose failures are counted, in place of the admin's own.
    path("admin/login/", RedirectView.as_view(pattern_name="signin", query_string=True)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("evalsite.api.urls")),
    path("", include("evalsite.web.urls")),
]
handler400 = away.bad_request
handler403 = forbidden
handler404 = away.not_found
handler500 = away.server_error
