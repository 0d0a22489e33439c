"""Compare two batches because somebody wants to know."""

from __future__ import annotations

from django.db import transaction

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.regressions.choose import baseline_for
from evalsite.regressions.models import Comparison


@transaction.atomic
def ask_comparison(batch: Batch, *, baseline: str = "", actor: object = "") -> Comparison:
    """Compare a batch with the baseline that a text names, or the one due; write who asked.

    Raises BaselineUnknown and ComparisonRefused.
    """
    from evalsite.regressions.compare import compare_with

    against, chosen_by = baseline_for(batch, baseline)
    comparison = compare_with(batch, against, chosen_by=chosen_by)
    sides = {"batch": str(batch.pk), "baseline": str(against.pk)}
    record("comparison.made", comparison, actor=actor, verdict=comparison.verdict, **sides)
    return comparison
