"""Score a tiny batch in a fork of the command: no second interpreter starts, and no Celery."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.db import connections

from evalsite import traces
from evalsite.batches.models import Batch, BatchState, Step
from evalsite.batches.plan import steps_of
from evalsite.env import load
from evalsite.pipeline import outbox
from evalsite.pipeline.check_wall import check_wall
from evalsite.pipeline.do_owed import do_owed
from evalsite.pipeline.evaluate import MOST_WAITED_FOR
from evalsite.pipeline.evaluate_here import score_here
from evalsite.tenants.acting import acting, system

log = logging.getLogger(__name__)

_WALL_SECONDS: Final = 10.0
_LANE: Final = "cpu"


def is_fit(batch: Batch) -> bool:
    """Say whether the batch is scored apart: few scorings, and nothing but processor time."""
    lanes = {lane for lane, _ in steps_of(batch.manifest)}
    lanes.update(Step.objects.filter(batch=batch).values_list("lane", flat=True))
    return batch.n_cases * batch.repetitions <= MOST_WAITED_FOR and lanes == {_LANE}


def let_go() -> None:
    """Close the connections to the database: a fork must not share one."""
    each: Any
    for each in connections.all(initialized_only=True):
        each.close()
        each.close_pool()


def score_apart(ordered: Callable[[], str]) -> bool:
    """Score the batch whose id is ordered, and do what follows from its end.

    Answers whether it is over; an empty order says that nobody is needed. The scope is the
    caller's. Raises what scoring raises.
    """
    import scipy.special  # noqa: F401  (summaries need it: there is time while the batch is planned)

    if faults := check_wall(seconds=_WALL_SECONDS):
        log.error("%s", "; ".join(map(str, faults)))
        return False
    if not (batch_id := ordered()):
        return True
    traces.start(load(), service="worker")
    with acting(system("worker")), outbox.keeping():
        batch = score_here(UUID(batch_id))
        do_owed()
    traces.flush()
    return batch.state != BatchState.RUNNING
