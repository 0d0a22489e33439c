"""Write on a request what came of it: a batch, or a refusal."""

from __future__ import annotations

from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.pipeline.models import Evaluation, EvaluationRequest, RequestState
from evalsite.targets.models import Run
from judges.protocol import VerdictError


def note_started(run: Run, evaluation: Evaluation, *, batch: Batch) -> None:
    """Note the batch that a run's evaluation is answered by; asked by hand, the row is made."""
    now = timezone.now()
    known = {"state": RequestState.STARTED, "batch": batch, "code": "", "reason": ""}
    EvaluationRequest.objects.update_or_create(
        run=run, evaluation=evaluation, defaults={**known, "settled_at": now}
    )


def note_refused(request: EvaluationRequest, error: EvalsiteError | VerdictError) -> bool:
    """Note why a due request could not be started; answers whether it was still due."""
    due = EvaluationRequest.objects.filter(pk=request.pk, state=RequestState.DUE)
    return bool(
        due.update(
            state=RequestState.REFUSED,
            code=error.code,
            reason=str(error),
            settled_at=timezone.now(),
        )
    )
