"""Finish a step: elect one finisher by a row, open the next step or close the batch."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from evalsite.batches.models import Batch, BatchState, Step
from evalsite.batches.plan import plan_next_step
from evalsite.pipeline import outbox
from evalsite.pipeline.react import react
from evalsite.pipeline.score import CHORD_HEAD_START, finish_key
from evalsite.pipeline.size import sizing
from evalsite.scoring.models import ScoreStatus
from evalsite.scoring.queries import revisions_with
from evalsite.summaries.summarize import summarize

_ELECT = """
    UPDATE batches_step s
    SET state = 'done', finished_at = clock_timestamp(), finished_by = %(by)s,
        case_ms = (SELECT sum(elapsed_ms) / nullif(sum(n_cases), 0) FROM batches_chunk
                   WHERE step_id = s.id AND state = 'done') / b.repetitions
    FROM batches_batch b
    WHERE s.id = %(step)s AND s.state = 'running' AND b.id = s.batch_id AND b.state = 'running'
      AND NOT EXISTS (SELECT 1 FROM batches_chunk
                      WHERE step_id = s.id AND state IN ('pending', 'leased'))
"""


def finish_step(step_id: UUID, *, by: str) -> bool:
    """Finish the step if no chunk of it is left; answers whether this call was the one.

    Safe to call by anybody, any number of times: the chord's body and errback, the outbox and the
    sweeper all do.
    """
    with transaction.atomic():
        if not _elected(step_id, by=by):
            return False
        step = Step.objects.select_related("batch__run__target", "batch__suite").get(pk=step_id)
        survivors = revisions_with(step.batch_id, ScoreStatus.OPEN)
        opened = plan_next_step(step.batch, after=step, survivors=survivors, sizing=sizing())
        if opened is None:
            close(step.batch)
        else:
            outbox.add("pipeline.dispatch", key=dispatch_key(opened.pk), delay=CHORD_HEAD_START)
        outbox.settle(finish_key(step_id))
    return True


def dispatch_key(step_id: UUID) -> str:
    """Name the outbox message that sends a step's first wave."""
    return f"dispatch:{step_id}"


def close(batch: Batch) -> None:
    """Finish the batch, summarise it, and do what follows: only the summary can keep it open."""
    batch.state = BatchState.FINISHED
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_batch SET state = 'finished', finished_at = clock_timestamp()"
            " WHERE id = %s RETURNING finished_at",
            [batch.pk],
        )
        (batch.finished_at,) = cursor.fetchone()
    summarize(batch)
    react(batch)


def _elected(step_id: UUID, *, by: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_ELECT, {"step": step_id, "by": by})
        return bool(cursor.rowcount == 1)
