"""`/metrics`: what Prometheus scrapes, read from the database, for operators only."""

from __future__ import annotations

import hmac
import time
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from evalsite.env import load
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.web.metric_families import FAMILIES

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

    from evalsite.pipeline.measure_work import Sample

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# A scrape within this time gets the same text, so that scraping costs the same however often.
CACHE_SECONDS = 10
MOST_TENANTS = 500
FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_VIA")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the figures of every active tenant, or 401 with the code `metrics_refused`."""
    if not _may_scrape(request):
        refused = JsonResponse({"status": "error", "code": "metrics_refused"}, status=401)
        refused["WWW-Authenticate"] = 'Basic realm="metrics"'
        return refused
    answer = HttpResponse(_text(int(time.monotonic() // CACHE_SECONDS)), content_type=CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer


def _may_scrape(request: HttpRequest) -> bool:
    """Ask for METRICS_TOKEN; without one, let in what comes from this machine to this machine."""
    wanted = load().metrics_token
    if wanted is not None:
        given = _given(request.headers.get("Authorization", ""))
        return hmac.compare_digest(given.encode(), wanted.get_secret_value().encode())
    is_forwarded = any(header in request.META for header in FORWARDED)
    is_public = not _is_loopback(urlsplit(load().site_url).hostname or "")
    return _is_loopback(request.META.get("REMOTE_ADDR", "")) and not (is_forwarded or is_public)


def _given(header: str) -> str:
    """Answer the bearer token, or the password of basic authentication; the name is anything."""
    kind, _, text = header.partition(" ")
    if kind.lower() == "bearer":
        return text.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(text, validate=True).decode().partition(":")[2]
    except (NotBase64, UnicodeDecodeError):
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=1)
def _text(moment: int) -> bytes:
    """Write the figures in Prometheus' text format, once for each `moment`."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return generate_latest(registry)


class _Figures:
    """A collector for prometheus_client: one gauge family for each metric that has a sample."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from prometheus_client.core import GaugeMetricFamily

        families = {}
        for metric, (told, labels) in FAMILIES.items():
            families[metric] = GaugeMetricFamily(f"evalsite_{metric}", told, labels=labels)
        for metric, named, value in _samples():
            values = [named[label] for label in FAMILIES[metric][1]]
            families[metric].add_metric(values, value)
        return iter(families.values())


def _samples() -> Iterator[Sample]:
    """Open one tenant after another: there is no looking at all of them."""
    from evalsite.pipeline.measure import measure
    from evalsite.pipeline.measure_platform import measure_platform
    from evalsite.pipeline.measure_work import Sample

    yield from measure_platform()
    active = list(Tenant.objects.filter(is_active=True).order_by("slug"))
    yield Sample("tenants_left_out", {}, max(0, len(active) - MOST_TENANTS))
    for one in active[:MOST_TENANTS]:
        with tenant(one.pk):
            figures = list(measure())
        for metric, labels, value in figures:
            yield Sample(metric, {"tenant": one.slug, **labels}, value)


urlpatterns = [
    path("metrics", metrics, name="metrics"),
]
