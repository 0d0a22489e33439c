from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.regressions.compare import compare_with
from evalsite.regressions.models import Comparison
from evalsite.summaries.summarize import summarize
from evalsite.targets.models import Run
from evalsite.tenants.models import Tenant
from tests.factories import make_run, make_suite
from tests.summaries.filled import Card, make_filled

STATUSES = {"P": "passed", "F": "failed", "U": "unscored", "E": "errored"}
Compared = Callable[..., Comparison]


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite(name="sums")


@pytest.fixture
def run(as_acme: Tenant) -> Run:
    return make_run(client_type="web")


@pytest.fixture
def batch_of(suite: Suite, run: Run) -> Callable[..., Batch]:
    """Makes a summarised batch whose cases are given by letter; every third has the tag `hard`."""

    def make(letters: str, *, age: int = 0, ms: float | None = None, **fields: Any) -> Batch:
        usage = {"latency_ms": ms, "details": {"logic": {"reason": "2 < 3 & \x1b[31m"}}}
        cards = [
            Card(f"case-{i:04}", STATUSES[s], None, 0, usage, {"tags": ["hard"] * (i % 3 == 0)})
            for i, s in enumerate(letters)
            if s != "-"
        ]
        batch = make_filled(suite, cards, **{"run": run, **fields})
        Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(minutes=age))
        batch.refresh_from_db()
        summarize(batch)
        return batch

    return make


@pytest.fixture
def compared(batch_of: Callable[..., Batch]) -> Compared:
    """Compares two batches given by letters; fields beginning with `before_` are the first's."""

    def make(before: str, now: str, **fields: Any) -> Comparison:
        first = {k.removeprefix("before_"): v for k, v in fields.items() if "before_" in k}
        second = {k: v for k, v in fields.items() if "before_" not in k}
        baseline = batch_of(before, age=10, **first)
        return compare_with(batch_of(now, **second), baseline)

    return make
