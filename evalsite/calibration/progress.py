"""How far queues are, and how far the people who answered agree with one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.calibration.models import Queue
from evalsite.stats.agreement import Agreement, krippendorff_alpha

_COUNTS: Final = """
    SELECT queue_id, count(*), count(done_at), sum(cardinality(answered_by)),
        count(*) FILTER (WHERE done_at IS NULL AND held_until > now()),
        count(*) FILTER (WHERE done_at IS NULL AND cardinality(skipped_by) > 0),
        count(*) FILTER (WHERE done_at IS NULL AND NOT answered_by @> ARRAY[%(who)s::varchar]
            AND NOT skipped_by @> ARRAY[%(who)s::varchar])
    FROM calibration_queueitem WHERE queue_id = ANY (%(queues)s) GROUP BY queue_id
"""
_RATINGS: Final = """
    SELECT q.id, array_agg(l.passed::int)
    FROM calibration_queue q
    JOIN calibration_queueitem i ON i.tenant_id = q.tenant_id AND i.queue_id = q.id
    JOIN calibration_label l ON l.tenant_id = q.tenant_id AND l.batch_id = q.batch_id
        AND l.revision_id = i.revision_id AND l.repetition = i.repetition AND l.stage = q.stage
    WHERE q.id = ANY (%(queues)s) AND q.wanted > 1 AND l.withdrawn_at IS NULL
        AND i.answered_by @> ARRAY[l.author]
    GROUP BY q.id, i.id HAVING count(*) > 1
"""


class Progress(NamedTuple):
    """Cases of a queue by what became of them; `agreement` is of those with two answers or more.

    `skipped` are open ones that somebody passed over, `left` those that the asker could be given.
    """

    items: int = 0
    done: int = 0
    answers: int = 0
    held: int = 0
    skipped: int = 0
    left: int = 0
    agreement: Agreement | None = None

    @property
    def is_done(self) -> bool:
        """Whether every case has the answers that are wanted."""
        return self.done == self.items


def progress_of(queues: Sequence[Queue], *, who: str = "") -> dict[UUID, Progress]:
    """Answer how far each queue is, in two queries for any number; `left` is for `who`.

    Agreement between people is Krippendorff's alpha, nominal: any number of people, any of whom
    may have left out a case.
    """
    ids = [queue.pk for queue in queues]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"queues": ids, "who": who})
        counts = {queue: Progress(*numbers) for queue, *numbers in cursor.fetchall()}
        cursor.execute(_RATINGS, {"queues": ids})
        units: dict[UUID, list[list[float]]] = defaultdict(list)
        for queue, ratings in cursor.fetchall():
            units[queue].append(ratings)
    agreed = {queue: krippendorff_alpha(rated) for queue, rated in units.items()}
    return {
        queue: counts.get(queue, Progress())._replace(agreement=agreed.get(queue)) for queue in ids
    }
