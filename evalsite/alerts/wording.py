"""Put a regression into words: what the templates of its e-mail are given."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from evalsite.alerts.printable import printable
from evalsite.batches.marks import marks_of
from evalsite.batches.models import Batch
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import SliceCount, WorseCase, by_slice, headline, worst_cases

_SLICES = 3


def wording_of(comparison: Comparison) -> dict[str, Any]:
    """Answer all that the templates say about a regression, safe to print as plain text."""
    regression = headline(comparison)
    return {
        "suite": comparison.batch.suite.name,
        "before": percent(regression.before),
        "now": percent(regression.after),
        "effect": points(regression.effect),
        "low": points(regression.effect_low),
        "high": points(regression.effect_high),
        "p": probability(regression.p_value),
        "method": regression.method,
        "n_pairs": regression.n_pairs,
        "left_out": regression.left_out,
        "worse": regression.worse,
        "better": regression.better,
        "cases": [_case(case) for case in worst_cases(comparison)],
        "slices": [_slice(count) for count in _worst_slices(comparison)],
        "marks": [printable(mark.text) for mark in marks_of(comparison.batch)],
        "sides": [("Now", _batch(comparison.batch)), ("Baseline", _batch(comparison.baseline))],
        "command": f"manage.py showbatch {comparison.batch_id} --tenant {comparison.tenant.slug}",
    }


def percent(share: float | None) -> str:
    """Write a share as per cent, with one decimal where it needs one."""
    return "?" if share is None else f"{_short(100 * share)} %"


def points(difference: float | None) -> str:
    """Write a difference of two shares in points, always with its sign."""
    return "?" if difference is None else _short(100 * difference, sign="+")


def probability(p: float | None) -> str:
    """Write p as a comparison that a reader can say aloud."""
    if p is None:
        return "no p-value"
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _short(number: float, *, sign: str = "") -> str:
    text = f"{number:{sign}.1f}".removesuffix(".0")
    return "0" if text in ("-0", "+0") else text


def _score(score: float | None) -> str:
    return "?" if score is None else f"{score:.2f}".rstrip("0").rstrip(".")


def _case(case: WorseCase) -> dict[str, Any]:
    changes = [{"stage": c.stage, "reason": printable(c.reason)} for c in case.changes]
    return {
        "key": printable(case.key, limit=100),
        "category": printable(case.category),
        "before": _score(case.score_before),
        "now": _score(case.score_now),
        "changes": changes,
    }


def _worst_slices(comparison: Comparison) -> list[SliceCount]:
    """The slices that lost most cases; one that holds every case says nothing about where."""
    whole = headline(comparison).n_pairs
    parts = [c for c in by_slice(comparison) if c.n_pairs < whole]
    worse = [c for c in parts if c.worse > c.better]
    return sorted(worse, key=lambda c: (c.better - c.worse, c.n_pairs))[:_SLICES]


def _slice(count: SliceCount) -> dict[str, Any]:
    return {**count._asdict(), "value": printable(count.value)}


def _batch(batch: Batch) -> dict[str, Any]:
    run = batch.run
    client = " ".join(filter(None, (run.client_type, run.client_version)))
    return {
        "id": batch.pk,
        "run": run.name,
        "client": printable(client, limit=100),
        "created_at": batch.created_at,
        "url": _url(batch.pk),
    }


def _url(batch: UUID) -> str:
    return f"{settings.SITE_URL}/batches/{batch}/"
