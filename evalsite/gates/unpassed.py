"""Which gates did not let a batch pass."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from evalsite.gates.models import GateCheck, GateOutcome


def unpassed(batches: Iterable[UUID]) -> QuerySet[GateCheck]:
    """Answer what each gate said last about the own comparisons of these batches, if not passed."""
    found = GateCheck.objects.filter(comparison__batch__in=list(batches), comparison__is_own=True)
    last = found.order_by("comparison", "gate_name", "-created_at", "-pk")
    newest = last.distinct("comparison", "gate_name").values("pk")
    held_up = GateCheck.objects.filter(pk__in=newest).exclude(outcome=GateOutcome.PASSED)
    return held_up.defer("spec", "reasons").order_by("outcome", "-created_at", "-pk")
