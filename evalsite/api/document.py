"""The OpenAPI document, and the page that shows it; what makes them is imported when one asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def schema(request: HttpRequest) -> HttpResponseBase:
    """Answer the document as YAML or JSON, as is asked."""
    return _views()["schema"](request)


# Its style sheet holds its icons.
@csp_update({"img-src": ["data:"]})
@csrf_exempt
def docs(request: HttpRequest) -> HttpResponseBase:
    """Answer the page, and its script."""
    return _views()["docs"](request)


@cache
def _views() -> dict[str, Callable[[HttpRequest], HttpResponseBase]]:
    from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

    return {
        "schema": SpectacularAPIView.as_view(),
        "docs": SpectacularSwaggerSplitView.as_view(url_name="api:schema"),
    }


urlpatterns = [path("schema", schema, name="schema"), path("docs", docs, name="docs")]
