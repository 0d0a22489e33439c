"""Notice what subscribers may want to know, and write it down for them: the pipeline's hooks.

Each can be called again with the same facts, and in any number at once: it tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from evalsite.alerts.compose import compose
from evalsite.alerts.conditions import judges_turned, weigh
from evalsite.alerts.models import Alert, AlertKind
from evalsite.alerts.news import Scheduled, of_batch, of_change, of_judges, of_tick
from evalsite.batches.models import Batch, Preflight
from evalsite.calls.ledger import MONEY_CAP
from evalsite.env import load
from evalsite.quotas.month import MONTH_QUOTA
from evalsite.regressions.models import Comparison

_LACKING = """
    SELECT unscored + errored, n FROM summaries_summary WHERE batch_id = %s AND slice_kind = 'all'
"""
_RESUME = "manage.py runbatch --resume {batch} goes on with it; docs/errors.md explains {code}."
# The pauses that caps of money make, and what helps; every other one is a failure.
_BUDGETS = {
    MONEY_CAP: "manage.py runbatch --resume {batch} --max-cost USD goes on with it, under a higher "
    "cap.",
    MONTH_QUOTA: "manage.py runbatch --resume {batch} goes on with it, next month or once an "
    "operator has raised the quota: manage.py setquota.",
}


def batch_closed(batch: Batch, comparison: Comparison | None) -> list[Alert]:
    """Tell of a regression, of the recovery from one, and of too many cases without a verdict."""
    alerts = _unscored(batch)
    if comparison is not None and (change := weigh(batch, comparison)) is not None:
        alerts += compose(of_change(change))
    return alerts


def batch_paused(batch_id: UUID) -> list[Alert]:
    """Tell that a batch has met a cap of money, or an endpoint that does not answer."""
    batch = _batches([batch_id])[0]
    code, reason = batch.paused_code, batch.paused_reason
    if code in _BUDGETS:
        kind, fix = AlertKind.BUDGET_REACHED, _BUDGETS[code].format(batch=batch.pk)
    else:
        kind, fix = AlertKind.BATCH_FAILED, _RESUME.format(batch=batch.pk, code=code)
    return compose(of_batch(kind, batch, code=code, told=f"Paused: {reason}.", fix=fix))


def chunks_lost(batch_ids: Iterable[UUID]) -> list[Alert]:
    """Tell that workers died of a part of these batches, so that its cases have no verdict."""
    told = "A part of its cases killed every worker that tried it; they are errored."
    return _failed(batch_ids, code="worker_crashed", told=told, fix=_RETRY)


def batches_stuck(batch_ids: Iterable[UUID]) -> list[Alert]:
    """Tell that nothing of these batches has been scored for a while."""
    told = f"Nothing of it has been scored for {load().stuck_seconds / 60:.0f} minutes."
    fix = "See that a worker and the broker run: manage.py services status, or make serve."
    return _failed(batch_ids, code="batch_stuck", told=told, fix=fix)


def reactions_failed(batch_id: UUID, names: Iterable[str]) -> list[Alert]:
    """Tell that a batch is finished, and that some of what follows from its end broke."""
    told = f"It is finished and summarised, but without: {', '.join(names)}."
    fix = "The worker's log says why; manage.py sweep --again {batch} does it again."
    return _failed([batch_id], code="reaction_failed", told=told, fix=fix)


def judges_tried(batch_id: UUID) -> list[Alert]:
    """Tell that the batch's judges cannot be trusted, if those before it could."""
    (batch,) = _batches([batch_id])
    if batch.preflight not in (Preflight.TRUSTED, Preflight.UNTRUSTED):
        return []
    condition = judges_turned(batch)
    return [] if condition is None else compose(of_judges(condition, batch))


def tick_refused(tick: UUID, scheduled: Scheduled, *, code: str, told: str) -> list[Alert]:
    """Tell that a schedule's batch could not be started."""
    return compose(of_tick(tick, scheduled, code=code, told=told))


_RETRY = "manage.py runbatch --retry-errored {batch} judges them again."


def _unscored(batch: Batch) -> list[Alert]:
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, [batch.pk])
        lacking, n = cursor.fetchone() or (0, 0)
    missing = lacking / n if n else 0.0
    if missing <= load().unscored_limit:
        return []
    told = f"{missing:.0%} of its cases have no verdict, over {load().unscored_limit:.0%}."
    return _failed([batch.pk], code="too_many_unscored", told=told, fix=_RETRY)


def _failed(batch_ids: Iterable[UUID], *, code: str, told: str, fix: str) -> list[Alert]:
    batches = _batches(batch_ids)
    news = [
        of_batch(AlertKind.BATCH_FAILED, b, code=code, told=told, fix=fix.format(batch=b.pk))
        for b in batches
    ]
    return [alert for one in news for alert in compose(one)]


def _batches(batch_ids: Iterable[UUID]) -> list[Batch]:
    wanted = Batch.objects.filter(pk__in=list(batch_ids))
    return list(wanted.select_related("suite", "run__target", "tenant"))
