"""Find what got lost and set it going again: the guarantee behind chords and messages."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import connection, transaction

from evalsite.alerts.notice import batches_stuck, chunks_lost
from evalsite.alerts.stuck import stuck_batches
from evalsite.batches.lease import count_down
from evalsite.batches.models import Step
from evalsite.env import load
from evalsite.pipeline import chords, outbox
from evalsite.pipeline.evaluate_due import start_due
from evalsite.pipeline.finish import finish_step
from evalsite.pipeline.nodes import GONE, SERVED, silent_seconds
from evalsite.pipeline.owe import ring, tell
from evalsite.pipeline.pause import pause
from evalsite.pipeline.run_schedules import run_due_schedules
from evalsite.pipeline.try_twice import kind_of, try_twice
from evalsite.retention.purge_due import purge_due
from evalsite.scoring.cut import cut
from evalsite.scoring.write import write_off
from judges.guard import Crash

log = logging.getLogger(__name__)

WORKER_CRASHED = "worker_crashed"

_UNFINISHED = """
    batches_step s JOIN batches_batch b ON b.id = s.batch_id
    WHERE s.id = c.step_id AND s.state = 'running' AND b.state = 'running'
"""
# A lease that ran out: its worker died, or lost touch for so long that its writes are refused. Or
# one whose worker is known to be gone: nobody waits for its end.
_ABANDONED = f"""
    c.state = 'leased' AND (c.lease_until < clock_timestamp()
                            OR split_part(c.lease_owner, '/', 2) IN ({GONE}))
"""
_RELEASE = f"""
    UPDATE batches_chunk c SET state = 'pending', wave = NULL, dispatched_at = NULL,
        lease_until = NULL
    FROM {_UNFINISHED} AND {_ABANDONED} AND c.attempt < %(attempts)s
    RETURNING c.id
"""
# A chunk that killed its worker each time.
_POISON = f"""
    UPDATE batches_chunk c SET state = 'failed', finished_at = now(), lease_until = NULL
    FROM {_UNFINISHED} AND {_ABANDONED} AND c.attempt >= %(attempts)s
    RETURNING c.id, c.step_id, s.batch_id
"""
# Sent, and never claimed while the step stood still, or while a later wave was: the message is
# gone, and holds a place in the window. Sending it twice would do no harm, so the guess need not be
# perfect; but where nobody serves the lane what is sent lies there, and more would each time.
_LOST = f"""
    UPDATE batches_chunk c SET wave = NULL, dispatched_at = NULL
    FROM {_UNFINISHED} AND c.state = 'pending' AND c.wave IS NOT NULL
      AND c.dispatched_at < clock_timestamp() - make_interval(secs => %(seconds)s)
      AND {SERVED}
      AND (NOT EXISTS (
        SELECT 1 FROM batches_chunk other WHERE other.step_id = s.id AND (
            other.state = 'leased'
            OR other.finished_at > clock_timestamp() - make_interval(secs => %(seconds)s)))
       OR EXISTS (
        SELECT 1 FROM batches_chunk later WHERE later.step_id = s.id AND later.wave > c.wave
          AND later.state IN ('leased', 'done')))
    RETURNING c.id
"""
_COMPLETE = """
    SELECT s.id FROM batches_step s JOIN batches_batch b ON b.id = s.batch_id
    WHERE s.state = 'running' AND b.state = 'running' AND NOT EXISTS (
        SELECT 1 FROM batches_chunk WHERE step_id = s.id AND state IN ('pending', 'leased'))
"""


def sweep() -> dict[str, int]:
    """Mend what is lost of the tenant in scope; answers what was done, by kind."""
    env = load()
    done = {
        "relayed": outbox.relay(),
        "released": _release(attempts=env.max_attempts),
        "written_off": _write_off_poison(attempts=env.max_attempts),
        "lost": _send_lost(seconds=env.redispatch_seconds),
        "finished": sum(_finish(step_id) for (step_id,) in _rows(_COMPLETE)),
        "sent": chords.fill_window(),
        "stuck": tell(batches_stuck, stuck_batches(seconds=env.stuck_seconds)),
        "rung": ring(),
        "evaluated": start_due(),
        "scheduled": run_due_schedules(),
        "purged": purge_due(),
    }
    if done["released"] or done["written_off"] or done["lost"] or done["finished"]:
        log.warning("swept %s", {kind: n for kind, n in done.items() if n})
    return done


def _release(*, attempts: int) -> int:
    released = _rows(_RELEASE, attempts=attempts, silent=silent_seconds())
    if released:
        cut([chunk_id for (chunk_id,) in released])
    return len(released)


def _send_lost(*, seconds: float) -> int:
    return len(_rows(_LOST, seconds=seconds, silent=silent_seconds()))


def _write_off_poison(*, attempts: int) -> int:
    with transaction.atomic():
        poisoned = _rows(_POISON, attempts=attempts, silent=silent_seconds())
        for chunk_id, step_id, _ in poisoned:
            write_off(chunk_id, code=WORKER_CRASHED)
            count_down(step_id)
        tell(chunks_lost, {batch_id for *_, batch_id in poisoned})
    return len(poisoned)


def _finish(step_id: UUID) -> bool:
    """Finish a step; where that breaks again and again its batch waits, and nobody else's."""
    done = try_twice(finish_step, step_id, by="sweep")
    if isinstance(done, Crash):
        batch_id = Step.objects.values_list("batch_id", flat=True).get(pk=step_id)
        reason = f"all is judged, but its end breaks: {kind_of(done)}"
        pause(batch_id, code="finish_failed", reason=reason)
        return False
    return done


def _rows(sql: str, **values: float) -> list[tuple[UUID, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
