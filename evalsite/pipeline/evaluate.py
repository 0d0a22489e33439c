"""Evaluate a completed run as its target's evaluations say: once, however often it is asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from evalsite.batches.models import Batch
from evalsite.cases.queries import Selection, active_revisions
from evalsite.cases.read_selection import read_selection
from evalsite.errors import EvalsiteError
from evalsite.pipeline import launch
from evalsite.pipeline.models import Evaluation
from evalsite.pipeline.outbox import settle
from evalsite.pipeline.settle_request import note_started
from evalsite.targets.models import Run, RunStatus
from packs.override import with_judges
from packs.prepare import prepare
from packs.registry import PACKS

# Scorings that a caller may wait for in its own process.
MOST_WAITED_FOR = 100

_NOT_COMPLETED = {
    RunStatus.PENDING: "import its outputs, or complete it: manage.py completerun RUN",
    RunStatus.RUNNING: "complete it: manage.py completerun RUN; runbatch evaluates a running one",
    RunStatus.FAILED: "record the outputs as a run of their own",
    RunStatus.DRY_RUN: "record the outputs as a run of their own",
}


class RunNotCompleted(EvalsiteError):
    """Only a completed run is evaluated by the loop."""

    code = "run_not_completed"
    exit_code = 2


class EvaluationMismatch(EvalsiteError):
    """The evaluation is of another target than the run."""

    code = "evaluation_mismatch"
    hint = "manage.py setevaluation makes one for the run's target"
    exit_code = 2
    http_status = 422


class EvaluationTooLarge(EvalsiteError):
    """There is too much to score while somebody waits."""

    code = "evaluation_too_large"
    exit_code = 2
    http_status = 422


class Wanted(NamedTuple):
    """What is to be scored, with everything validated; `key` is the same for the same wish."""

    options: dict[str, Any]
    selection: Selection
    key: str


def evaluate(
    run: Run,
    evaluation: Evaluation,
    *,
    judges: Sequence[str] = (),
    wait: bool = False,
    actor: object = "",
) -> Batch:
    """Answer the batch of the run's evaluation; it is started if this is the first to ask.

    `judges` are overrides (`STAGE=JUDGE`, see packs.override) of this request only. With `wait` a
    tiny one is scored here and now, without a broker or a worker.
    Raises RunNotCompleted, EvaluationMismatch, EvaluationTooLarge, what `launch.start` raises, and
    PackError or JudgeError for an override, all before anything starts.
    """
    batch = start_evaluation(run, evaluation, judges=judges, wait=wait, actor=actor)
    return score_waited_for(batch) if wait else batch


def start_evaluation(
    run: Run,
    evaluation: Evaluation,
    *,
    judges: Sequence[str] = (),
    wait: bool = False,
    actor: object = "",
) -> Batch:
    """Do what `evaluate` does up to the scoring, which must not have a transaction around it."""
    wanted = _wanted(run, evaluation, judges=judges)
    batch = Batch.objects.filter(request_key=wanted.key).first()
    if batch is None and wait:
        _require_tiny(run, evaluation, selection=wanted.selection)
    with transaction.atomic():
        batch = batch or _started(run, evaluation, wanted=wanted, wait=wait, actor=actor)
        if not judges:
            note_started(run, evaluation, batch=batch)
    return batch


def score_waited_for(batch: Batch) -> Batch:
    """Score a tiny batch here and now; a larger one is left to workers."""
    from evalsite.pipeline.evaluate_here import score_here  # and all that judges

    is_tiny = batch.n_cases * batch.repetitions <= MOST_WAITED_FOR
    return score_here(batch.pk) if is_tiny else batch


def _wanted(run: Run, evaluation: Evaluation, *, judges: Sequence[str]) -> Wanted:
    if run.status != RunStatus.COMPLETED:
        hint = _NOT_COMPLETED[RunStatus(run.status)].replace("RUN", run.name)
        raise RunNotCompleted(f"run {run.name!r} is {run.status}", hint=hint)
    if evaluation.target_id != run.target_id:
        raise EvaluationMismatch(f"run {run.name!r} is of target {run.target.name!r}")
    pack = evaluation.suite.pack
    options = with_judges(PACKS.load(pack).value, evaluation.options, overrides=judges)
    options = prepare(pack, options).options
    wish = {
        "run": str(run.pk),
        "evaluation": str(evaluation.pk),
        "pack": pack,
        "options": options,
        "selection": evaluation.selection,
        "repetitions": evaluation.repetitions,
    }
    text = json.dumps(wish, sort_keys=True, separators=(",", ":"))
    key = hashlib.sha256(text.encode()).hexdigest()
    return Wanted(options, selection=read_selection(evaluation.selection), key=key)


def _started(
    run: Run, evaluation: Evaluation, *, wanted: Wanted, wait: bool, actor: object
) -> Batch:
    """Start the batch; of two who ask at once one does, and both get it."""
    try:
        with transaction.atomic():
            batch = launch.start(
                suite=evaluation.suite,
                run=run,
                pack=evaluation.suite.pack,
                options=wanted.options,
                selection=wanted.selection,
                repetitions=evaluation.repetitions,
                max_cost_usd=evaluation.max_cost_usd,
                request_key=wanted.key,
                actor=actor,
            )
            if wait:  # nobody else need hear of it; should this process die, the sweeper will
                settle(launch.dispatch_key(batch))
    except IntegrityError:
        winner = Batch.objects.filter(request_key=wanted.key).first()
        if winner is None:
            raise
        return winner
    return batch


def _require_tiny(run: Run, evaluation: Evaluation, *, selection: Selection) -> None:
    suite = evaluation.suite
    n = active_revisions(suite, selection=selection).count() * evaluation.repetitions
    if n > MOST_WAITED_FOR:
        raise EvaluationTooLarge(
            f"{n} scorings are too many to wait for; up to {MOST_WAITED_FOR} are scored at once",
            hint=f"leave --wait out, or: manage.py runbatch --suite {suite.name} --run {run.name}",
        )
