"""Put a comparison into words: what the templates of its e-mail are given."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from evalsite.alerts.cases import SHOWN, shown_cases
from evalsite.alerts.printable import printable
from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch
from evalsite.figures import equals, level, moved
from evalsite.regressions.metrics import HEADLINE
from evalsite.regressions.models import Comparison, Regression
from evalsite.regressions.queries import SliceCount, by_slice, headline
from evalsite.regressions.words import attribution

_SLICES = 3


def wording_of(comparison: Comparison) -> dict[str, Any]:
    """Answer all that the templates say about a comparison, safe to print as plain text."""
    return {
        **figures_of(headline(comparison)),
        "suite": comparison.batch.suite.name,
        "target": comparison.batch.run.target.name,
        "verdict": comparison.get_verdict_display(),
        "cases": shown_cases(comparison),
        "more": max(0, headline(comparison).worse - SHOWN),
        "standouts": bool(comparison.attribution.get(HEADLINE, {}).get("standouts")),
        "attribution": [printable(line) for line in attribution(comparison)],
        "slices": [_slice(count) for count in _worst_slices(comparison)],
        "marks": [printable(mark.text) for mark in marks_of(comparison.batch)]
        + [printable(str(warning.get("text", ""))) for warning in comparison.warnings],
        "sides": [
            ("Now", side_of(comparison.batch)),
            ("Baseline", side_of(comparison.baseline)),
        ],
        "url": comparison_url(comparison.pk),
        "command": f"manage.py showbatch {comparison.batch_id} --tenant {comparison.tenant.slug}",
    }


def figures_of(found: Regression) -> dict[str, Any]:
    """Answer the figures of a finding in words."""
    return {
        "before": level(found.before),
        "now": level(found.after),
        "effect": moved(found.effect),
        "low": moved(found.effect_low),
        "high": moved(found.effect_high),
        "p": "no p-value" if found.p_value is None else f"p {equals(found.p_value)}",
        "method": found.method,
        "n_pairs": found.n_pairs,
        "left_out": found.left_out,
        "worse": found.worse,
        "better": found.better,
        "more_cases": found.more_cases,
    }


def side_of(batch: Batch) -> dict[str, Any]:
    """Answer what a batch is called, and where its page is."""
    run = batch.run
    client = " ".join(filter(None, (run.client_type, run.client_version)))
    return {
        "id": batch.pk,
        "run": run.name,
        "client": printable(client, limit=100),
        "created_at": batch.created_at,
        "url": f"{settings.SITE_URL}/batches/{batch.pk}/",
    }


def comparison_url(comparison: UUID) -> str:
    """Answer the address of a comparison's page."""
    return f"{settings.SITE_URL}/comparisons/{comparison}/"


def _worst_slices(comparison: Comparison) -> list[SliceCount]:
    """The slices that lost most cases; one that holds every case says nothing about where."""
    whole = headline(comparison).n_pairs
    parts = [c for c in by_slice(comparison) if c.n_pairs < whole]
    worse = [c for c in parts if c.worse > c.better]
    return sorted(worse, key=lambda c: (c.better - c.worse, c.n_pairs))[:_SLICES]


def _slice(count: SliceCount) -> dict[str, Any]:
    return {**count._asdict(), "value": printable(count.value)}
