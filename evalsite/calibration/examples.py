"""Cases on which a judge version and people differ."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.calibration.agreement import VOTED, Calibration

_DIFFERING: Final = """
    SELECT j.card_id, j.batch_id, t.key, r.name, j.repetition, j.machine, j.people, j.n,
        coalesce(j.notes, ''), j.newest
    FROM judged j
    JOIN cases_revision v ON v.id = j.revision_id JOIN cases_testcase t ON t.id = v.case_id
    JOIN batches_batch b ON b.id = j.batch_id JOIN targets_run r ON r.id = b.run_id
    WHERE j.batch_id = ANY (%(batches)s) AND j.stage = %(stage)s AND j.machine <> j.people
        AND j.machine IN ('passed', 'failed') AND j.people <> 'even'
    ORDER BY j.newest DESC, t.key LIMIT %(most)s
"""


class Example(NamedTuple):
    """A case that the judge and people see differently; no card: it was purged."""

    card_id: UUID | None
    batch_id: UUID
    key: str
    run: str
    repetition: int
    machine: str
    people: str
    n_labels: int
    notes: str
    labelled_at: datetime


def disagreements(found: Calibration, *, drawn: bool = False, most: int = 30) -> list[Example]:
    """Answer the newest cases on which they differ, of the labels that `found` counted."""
    given = {"drawn": drawn, "since": None, "stage": found.version.stage}
    with connection.cursor() as cursor:
        cursor.execute(VOTED + _DIFFERING, {**given, "batches": list(found.batches), "most": most})
        return [Example(*row) for row in cursor.fetchall()]
