"""Every address of the site."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from evalsite.api import away

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("evalsite.api.urls")),
    path("", include("evalsite.web.urls")),
]
handler400 = away.bad_request
handler404 = away.not_found
handler500 = away.server_error
