"""Take note of shifts, so that they are open no longer."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from evalsite.audit.record import record
from evalsite.trends.models import Shift, ShiftState


@transaction.atomic
def mark_seen(shifts: QuerySet[Shift], *, actor: object = "") -> int:
    """Mark the open ones among the shifts as seen; answers how many, each in the audit trail."""
    opened = list(shifts.filter(state=ShiftState.OPEN).select_for_update(of=("self",)))
    for shift in opened:
        sides = {"before": {"state": ShiftState.OPEN}, "after": {"state": ShiftState.SEEN}}
        record("shift.seen", shift, actor=actor, **sides)
    return Shift.objects.filter(pk__in=[shift.pk for shift in opened]).update(state=ShiftState.SEEN)
