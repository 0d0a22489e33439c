"""Begin a live run: from now on it is asked."""

from __future__ import annotations

from evalsite.audit.record import record
from evalsite.targets.models import EvalMode, Run, RunStatus


def begin_run(run: Run, *, actor: object = "") -> bool:
    """Mark a pending live run as running; answers whether this call did.

    It stays running, for other cases and suites, until somebody completes it.
    """
    waiting = Run.objects.filter(pk=run.pk, eval_mode=EvalMode.LIVE, status=RunStatus.PENDING)
    begun = bool(waiting.update(status=RunStatus.RUNNING))
    if begun:
        run.status = RunStatus.RUNNING
        sides = {"before": {"status": RunStatus.PENDING}, "after": {"status": RunStatus.RUNNING}}
        record("run.begun", run, actor=actor, **sides)
    return begun
