"""Complete a run: no more outputs will come."""

from __future__ import annotations

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Run, RunStatus

# Sent with `run`, in the transaction that completes it: what a receiver writes stands or falls
# with it.
run_completed = Signal()


class RunNotOpen(EvalsiteError):
    """A failed or trial run cannot be completed."""

    code = "run_not_open"
    hint = "record the outputs as a run of their own"


def complete_run(run: Run, *, actor: object = "") -> bool:
    """Mark a run completed; answer False if it was already. Raises RunNotOpen."""
    open_states = (RunStatus.PENDING, RunStatus.RUNNING)
    with transaction.atomic():
        won = Run.objects.filter(pk=run.pk, status__in=open_states).update(
            status=RunStatus.COMPLETED, completed_at=timezone.now()
        )
        if won:
            record("run.completed", run, actor=actor)
            run_completed.send(Run, run=run)
    run.refresh_from_db(fields=["status", "completed_at"])
    if run.status != RunStatus.COMPLETED:
        raise RunNotOpen(f"run {run} is {run.status}")
    return bool(won)
