"""The evaluation loop: a run that is completed is evaluated, without anybody asking.

Its requests are rows, written in the transaction that completes the run. Whoever hears of them
first starts them: the task that is rung on commit, or the coordinator's next sweep.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.pipeline import outbox
from evalsite.pipeline.evaluate import evaluate
from evalsite.pipeline.models import Evaluation, EvaluationRequest, RequestState
from evalsite.pipeline.settle_request import note_refused
from evalsite.pipeline.try_twice import try_twice
from evalsite.targets.models import Run
from judges.guard import Crash
from judges.protocol import VerdictError

ACTOR = "evaluation loop"
MOST_AT_ONCE = 20


class EvaluationInactive(EvalsiteError):
    """The evaluation was switched off before its run was evaluated."""

    code = "evaluation_inactive"
    hint = "switch it on, and what was refused is due again"


class EvaluationUnknown(EvalsiteError):
    """The run's target has no such evaluation."""

    code = "evaluation_unknown"
    hint = "manage.py setevaluation --target T --suite S makes one; runbatch needs none"
    exit_code = 2
    http_status = 422


class EvaluationNotNamed(EvalsiteError):
    """The run's target has several evaluations, and none was named."""

    code = "evaluation_not_named"
    hint = "name the evaluation by its id; GET /api/v1/evaluations?target=ID lists them"
    http_status = 422


def note_completed(run: Run) -> None:
    """Write the requests that a run's completion calls for, in its transaction."""
    wanted = Evaluation.objects.filter(target=run.target_id, is_active=True)
    requests = [EvaluationRequest(evaluation=evaluation, run=run) for evaluation in wanted]
    EvaluationRequest.objects.bulk_create(requests, ignore_conflicts=True)
    if requests:
        outbox.add("pipeline.start_evaluations", key=f"evaluations:{run.pk}")


def evaluations_of(run: Run, *, suite: str | None = None) -> list[Evaluation]:
    """Answer the active evaluations of the run's target, on one suite if it is named.

    Raises EvaluationUnknown where there is none.
    """
    found: QuerySet[Evaluation] = Evaluation.objects.select_related("suite", "target")
    found = found.filter(target=run.target_id, is_active=True).order_by("created_at")
    if suite is not None:
        found = found.filter(suite__name=suite)
    if not found:
        on = "" if suite is None else f" on suite {suite!r}"
        raise EvaluationUnknown(f"target {run.target.name!r} has no active evaluation{on}")
    return list(found)


def evaluation_of(run: Run) -> Evaluation:
    """Answer the one active evaluation of the run's target.

    Raises EvaluationUnknown for none, EvaluationNotNamed for several.
    """
    found = evaluations_of(run)
    if len(found) > 1:
        names = ", ".join(str(evaluation) for evaluation in found)
        raise EvaluationNotNamed(f"target {run.target.name!r} is evaluated on {names}")
    return found[0]


def start_due() -> int:
    """Start what is due to the tenant in scope; answers how many batches that gave.

    What cannot be started is refused once, on its row and in the audit trail, and not tried again
    until its evaluation is set anew, or somebody asks.
    """
    due = EvaluationRequest.objects.filter(state=RequestState.DUE).order_by("created_at")
    due = due.select_related("run__target", "evaluation__suite", "evaluation__target")
    return sum(_start(request) for request in due[:MOST_AT_ONCE])


def _start(request: EvaluationRequest) -> bool:
    """Start one; what no rule foresaw, such as a broken plug-in, is refused as well."""
    refused = try_twice(_refusal, request)
    if isinstance(refused, Crash):
        refused = EvalsiteError(refused.reason, code=refused.code)
    if refused is not None:
        _refuse(request, refused)
    return refused is None


def _refusal(request: EvaluationRequest) -> EvalsiteError | VerdictError | None:
    """Start the batch, or answer why it cannot be."""
    try:
        if not request.evaluation.is_active:
            raise EvaluationInactive("the evaluation is switched off")
        evaluate(request.run, request.evaluation, actor=ACTOR)
    except (EvalsiteError, VerdictError) as error:
        return error
    return None


def _refuse(request: EvaluationRequest, error: EvalsiteError | VerdictError) -> None:
    with transaction.atomic():
        if note_refused(request, error):
            on = str(request.evaluation)
            record("evaluation.refused", request.run, actor=ACTOR, code=error.code, on=on)
