"""Start a batch, stop it, let it go on, or give cases without a verdict another try."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.batches import plan, steer
from evalsite.batches.models import Batch, Preflight
from evalsite.cases.models import Suite
from evalsite.cases.queries import Selection
from evalsite.endpoints.models import RESERVED as MOCK
from evalsite.errors import EvalsiteError
from evalsite.pipeline import outbox
from evalsite.pipeline.pause import summarize_stopped
from evalsite.pipeline.revoke import revoke
from evalsite.pipeline.size import sizing
from evalsite.scoring.models import ScoreStatus
from evalsite.scoring.queries import revisions_with
from evalsite.targets.models import Run
from evalsite.trust.configuration import with_places
from evalsite.trust.trial import stages_to_try
from packs.forecast import asks_of
from packs.prepare import prepare


class NothingToRetry(EvalsiteError):
    """Every case of the batch has a verdict."""

    code = "nothing_to_retry"
    exit_code = 5


def start(
    *,
    suite: Suite,
    run: Run,
    pack: str,
    options: Mapping[str, Any],
    selection: Selection,
    repetitions: int = 1,
    max_cost_usd: Decimal | None = None,
    use_cache: bool = True,
    try_judges: bool = True,
    request_key: str = "",
    order_seed: int | None = None,
    priority: str = "",
    also: Mapping[str, str] | None = None,
    actor: object = "",
) -> Batch:
    """Plan a batch and owe the broker its first wave, in one transaction.

    `max_cost_usd` caps what its model calls may cost; None is no cap. Without `try_judges` the
    judges that ask models have no preflight, which the audit trail and every report say. With
    `order_seed` the cases are scored in an order of chance. Without a `priority` (see
    batches.models) its size decides. `also` goes into the audit entry.
    Raises PackError or JudgeError for unknown names and bad options, EndpointUnknown or
    EndpointNotChat for those of its judges, NothingSelected, RunNotReady, and IntegrityError where
    another batch has the `request_key`.
    """
    evaluator = prepare(pack, dict(options))
    _require_endpoints(evaluator.manifest())
    if run.connection is not None:
        from evalsite.targets.connections.ask import require_askable
        from evalsite.targets.connections.kinds import read_connection

        require_askable(read_connection(run.connection), evaluator.pack)
    preflight = _preflight(evaluator.manifest(), wanted=try_judges)
    with transaction.atomic():
        batch = plan.plan_batch(
            suite=suite,
            run=run,
            options=evaluator.options,
            manifest=with_places(evaluator.manifest()),
            selection=selection,
            repetitions=repetitions,
            sizing=sizing(),
            max_cost_usd=max_cost_usd,
            use_cache=use_cache,
            preflight=preflight,
            request_key=request_key,
            order_seed=order_seed,
            priority=priority,
            actor=str(actor)[:200],
        )
        about = {"suite": suite.name, "run": run.name, "preflight": str(preflight)}
        record("batch.started", batch.pk, actor=actor, **about, **(also or {}))
        _owe_dispatch(batch)
    return batch


def cancel(batch_id: UUID, *, actor: object = "") -> Batch:
    """Stop a running or paused batch, and summarise what is there; raises BatchNotRunning."""
    with transaction.atomic():
        before = _told(batch_id)
        batch = steer.cancel(batch_id)
        summarize_stopped(batch)
        record("batch.cancelled", batch_id, actor=actor, **change(before, _told(batch_id)))
        # Robust: with the broker away it is stopped all the same.
        transaction.on_commit(lambda: revoke(batch), robust=True)
    return batch


def resume(batch_id: UUID, *, max_cost_usd: Decimal | None = None, actor: object = "") -> Batch:
    """Let an unfinished batch go on with what is left of it, with a new money cap if given.

    Raises BatchNotResumable.
    """
    with transaction.atomic():
        before = _told(batch_id)
        batch = steer.reopen(batch_id, max_cost_usd=max_cost_usd)
        record("batch.resumed", batch_id, actor=actor, **change(before, _told(batch_id)))
        _owe_dispatch(batch)
    return batch


def retry_errored(
    batch_id: UUID, *, max_cost_usd: Decimal | None = None, actor: object = ""
) -> Batch:
    """Score again, in a finished batch, the cases that have no verdict; with a new cap if given.

    Raises BatchNotFinished, NothingToRetry.
    """
    with transaction.atomic():
        before = _told(batch_id)
        batch = steer.reopen_finished(batch_id, max_cost_usd=max_cost_usd)
        waiting = revisions_with(batch_id, ScoreStatus.ERRORED, ScoreStatus.UNSCORED)
        if plan.plan_retry(batch, waiting=waiting, sizing=sizing()) is None:
            raise NothingToRetry("every case of the batch has a verdict")
        record("batch.retried", batch_id, actor=actor, **change(before, _told(batch_id)))
        _owe_dispatch(batch)
    return batch


def _require_endpoints(manifest: Mapping[str, Any]) -> None:
    """Raise EndpointUnknown or EndpointNotChat where a judge that tells whom it asks errs."""
    from evalsite.calls.place import chat_endpoint

    for stage in manifest["stages"]:
        asks, told = asks_of(stage) if stage["lane"] == "model" else ((), False)
        for name in {ask.endpoint for ask in asks if told} - {MOCK}:
            chat_endpoint(name)


def _preflight(manifest: Mapping[str, Any], *, wanted: bool) -> Preflight:
    if not any(stages_to_try(manifest)):
        return Preflight.NOT_NEEDED
    return Preflight.DUE if wanted else Preflight.NOT_CHECKED


def _told(batch_id: UUID) -> dict[str, Any]:
    """Answer a batch as the audit trail shows it, and keep it so until the transaction ends."""
    held = Batch.objects.select_for_update(no_key=True).filter(pk=batch_id).first()
    return shown(held, "state", "epoch", "max_cost_usd", "paused_code")


def dispatch_key(batch: Batch) -> str:
    """Name the outbox message that sends a batch's first wave."""
    return f"dispatch:{batch.pk}:{batch.epoch}"


def _owe_dispatch(batch: Batch) -> None:
    outbox.add("pipeline.dispatch", key=dispatch_key(batch))
