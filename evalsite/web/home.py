"""The front door: until the pages come, it leads to the admin."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Send the signed-in person to the admin."""
    return redirect("admin:index")


urlpatterns = [
    path("", index, name="home"),
]
