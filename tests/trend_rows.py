"""Rows of trends, for the tenant in scope; their parents are `tests.factories`'s."""

from __future__ import annotations

from typing import Any

from evalsite.trends.models import Shift, Watch


def make_watch(**fields: Any) -> Watch:
    """The pass rate of a target on a suite, without a version so far."""
    from tests.factories import make_suite, make_target

    fields["suite"] = fields.get("suite") or make_suite()
    fields["target"] = fields.get("target") or make_target()
    return Watch.objects.create(**{"metric": "pass_rate", **fields})


def make_shift(**fields: Any) -> Shift:
    """A pass rate that fell after ten versions."""
    from tests.factories import make_batch

    batch = fields["batch"] = fields.get("batch") or make_batch()
    line = {"suite": batch.suite, "target": batch.run.target, "metric": "pass_rate"}
    levels = {"before": 0.9, "after": 0.6, "n_before": 10, "n_after": 5, "is_harm": True}
    proof = {"version": "11", "found_in": batch, "p_value": 0.001, "p_corrected": 0.01}
    return Shift.objects.create(**{**line, **levels, **proof, **fields})
