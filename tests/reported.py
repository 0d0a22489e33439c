"""A row in each view of the schema `reporting`."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from tests.factories import (
    make_batch,
    make_comparison,
    make_gate_check,
    make_regression,
    make_result,
    make_run,
    make_summary,
)
from tests.trend_rows import make_shift


def fill() -> UUID:
    """Write a regressed batch with all that hangs on it; answers its id."""
    run = make_run(client_version="1.6")
    batch = make_batch(state="finished", run=run, finished_at=timezone.now(), spent_usd=0.5)
    make_summary(batch=batch, n=4, passed=2, failed=1, unscored=1, mean_score=0.5, pass_rate=0.5)
    make_summary(batch=batch, slice_kind="tag", slice_value="refunds", mean_score=0.25)
    comparison = make_comparison(batch=batch)
    make_regression(comparison=comparison)
    make_gate_check(comparison=comparison)
    make_shift(batch=batch)
    make_result()
    return batch.pk
