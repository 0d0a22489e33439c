"""Complete a run: no more outputs will come."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.targets.models import Run, RunStatus

# Sent with `run`, in the transaction that completes it: what a receiver writes stands or falls
# with it.
run_completed = Signal()


OPEN: Final = (RunStatus.PENDING, RunStatus.RUNNING)


class RunNotOpen(EvalsiteError):
    """The run takes no change any more."""

    code = "run_not_open"
    hint = "record the outputs as a run of their own"


def complete_run(run: Run, *, actor: object = "") -> bool:
    """Mark a run completed; answer False if it was already. Raises RunNotOpen."""
    with transaction.atomic():
        before = _open_status(run)
        if before:
            done = {"status": RunStatus.COMPLETED, "completed_at": timezone.now()}
            Run.objects.filter(pk=run.pk).update(**done)
            record("run.completed", run, actor=actor, before={"status": before}, after=done)
            run_completed.send(Run, run=run)
    run.refresh_from_db(fields=["status", "completed_at"])
    if run.status != RunStatus.COMPLETED:
        raise RunNotOpen(f"run {run} is {run.status}")
    return bool(before)


def fail_run(run: Run, *, reason: str, actor: object = "") -> None:
    """Say that an open run broke off: it is never evaluated. Raises RunNotOpen."""
    with transaction.atomic():
        before = _open_status(run)
        if not before:
            run.refresh_from_db(fields=["status"])
            raise RunNotOpen(f"run {run} is {run.status}")
        Run.objects.filter(pk=run.pk).update(status=RunStatus.FAILED)
        sides = {"before": {"status": before}, "after": {"status": RunStatus.FAILED}}
        record("run.failed", run, actor=actor, reason=reason[:500], **sides)
    run.status = RunStatus.FAILED


def _open_status(run: Run) -> str:
    """Answer the status of an open run and keep it until the transaction ends; "" of another."""
    found = Run.objects.select_for_update(no_key=True).filter(pk=run.pk, status__in=OPEN)
    return found.values_list("status", flat=True).first() or ""
