"""Scrape the site as Prometheus would."""

from __future__ import annotations

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from evalsite.tenants.scope import nobody
from evalsite.web import metrics

LABELS = ("tenant", "suite", "target", "lane", "state", "code", "by", "queue", "worker")
Samples = dict[tuple[str, tuple[str, ...]], float]


def scraped() -> Samples:
    """Scrape anew, and read the answer as Prometheus would: metric and label values to value."""
    metrics._text.cache_clear()
    with nobody():
        answer = Client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (
            sample.name.removeprefix("evalsite_"),
            tuple(sample.labels[label] for label in LABELS if label in sample.labels),
        ): sample.value
        for family in families
        for sample in family.samples
    }
