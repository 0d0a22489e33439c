"""Find the batches that run, and of which nothing has been scored for a while."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

# A chunk that was finished, or is held by a live worker, is progress; so is what a person did.
# That a message was sent again is none.
_STUCK = """
    WITH since AS (SELECT now() - make_interval(secs => %(seconds)s) AS at)
    SELECT b.id FROM batches_batch b, since
    WHERE b.state = 'running' AND b.created_at < since.at
      AND NOT EXISTS (
        SELECT 1 FROM batches_step s JOIN batches_chunk c ON c.step_id = s.id
        WHERE s.batch_id = b.id AND s.state = 'running'
          AND (c.finished_at > since.at OR c.lease_until > since.at))
      AND NOT EXISTS (
        SELECT 1 FROM batches_step s WHERE s.batch_id = b.id AND s.finished_at > since.at)
      AND NOT EXISTS (
        SELECT 1 FROM audit_entry e
        WHERE e.subject_id = b.id::text AND e.recorded_at > since.at)
      AND NOT EXISTS (
        SELECT 1 FROM alerts_alert a
        WHERE a.about = 'batch_failed:' || b.id || ':' || b.epoch)
"""


def stuck_batches(*, seconds: float) -> list[UUID]:
    """Answer the running batches of the tenant in scope without progress in so many seconds.

    Those that somebody was told of in this epoch are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STUCK, {"seconds": seconds})
        return [batch_id for (batch_id,) in cursor.fetchall()]
