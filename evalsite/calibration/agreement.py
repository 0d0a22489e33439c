"""How far each judge version agrees with people: from the labels that stand, counted per case.

Several people's labels of a case are one verdict, the majority's: a case counts once. Where they
are even there is none. Where the machine gave no verdict there is nothing to agree with. Both are
counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.batches.models import Batch
from evalsite.calibration.judges import JudgeVersion, Key, judges_of
from evalsite.stats.confusion import Confusion

RECENT: Final = 200
NOTHING: Final = Confusion()
_CELLS: Final = (
    ("passed", "passed"), ("passed", "failed"), ("failed", "passed"), ("failed", "failed"),
)  # fmt: skip

# Of a batch with one stage, what is said of the whole is said of the stage. An author's newest
# label of a stage counts. The machine's verdict is the scorecard's, or what a purge left of it.
VOTED: Final = """
    WITH said AS (
        SELECT DISTINCT ON (l.batch_id, l.revision_id, l.repetition, named.stage, l.author)
            l.batch_id, l.revision_id, l.repetition, named.stage, l.passed, l.created_at, l.note
        FROM calibration_label l JOIN batches_batch b ON b.id = l.batch_id
        CROSS JOIN LATERAL (SELECT CASE
            WHEN l.stage = '' AND jsonb_array_length(b.manifest->'stages') = 1
            THEN b.manifest->'stages'->0->>'name' ELSE l.stage END AS stage) named
        WHERE l.withdrawn_at IS NULL AND named.stage <> ''
            AND (NOT %(drawn)s OR l.is_drawn)
            AND (%(since)s::timestamptz IS NULL OR l.created_at >= %(since)s)
        ORDER BY l.batch_id, l.revision_id, l.repetition, named.stage, l.author, l.created_at DESC
    ), voted AS (
        SELECT batch_id, revision_id, repetition, stage, count(*) AS n, min(created_at) AS oldest,
            max(created_at) AS newest, string_agg(note, '; ') FILTER (WHERE note <> '') AS notes,
            CASE sign(2 * count(*) FILTER (WHERE passed) - count(*))
                WHEN 1 THEN 'passed' WHEN -1 THEN 'failed' ELSE 'even' END AS people
        FROM said GROUP BY batch_id, revision_id, repetition, stage
    ), judged AS (
        SELECT v.*, c.id AS card_id,
            coalesce(c.stages, kept.stages)->v.stage->>'status' AS machine
        FROM voted v
        LEFT JOIN scoring_scorecard c ON c.tenant_id = app.tenant_id() AND c.batch_id = v.batch_id
            AND c.revision_id = v.revision_id AND c.repetition = v.repetition
        LEFT JOIN LATERAL (
            SELECT k.stages FROM scoring_extract e
            CROSS JOIN LATERAL unnest(e.revisions, e.repetitions, e.stages)
                AS k (revision_id, repetition, stages)
            WHERE c.id IS NULL AND e.batch_id = v.batch_id AND v.revision_id = ANY (e.revisions)
                AND k.revision_id = v.revision_id AND k.repetition = v.repetition
            LIMIT 1) kept ON true
    )
"""
_COUNTS: Final = """
    SELECT batch_id, stage, machine, people, count(*), sum(n)::int, min(oldest), max(newest)
    FROM judged GROUP BY batch_id, stage, machine, people
"""


class Calibration(NamedTuple):
    """What people's labels say of one judge version; `n` of the table are cases.

    `unjudged` are labelled cases without a verdict of the machine, `even` those on which people
    are divided. `oldest` and `newest` are of labels.
    """

    version: JudgeVersion
    table: Confusion = NOTHING
    labels: int = 0
    unjudged: int = 0
    even: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    batches: tuple[UUID, ...] = ()


class _Row(NamedTuple):
    batch: UUID
    stage: str
    machine: str | None
    people: str
    cases: int
    labels: int
    oldest: datetime
    newest: datetime


def calibrations(
    *, drawn: bool = False, since: datetime | None = None, recent: bool = False
) -> dict[Key, Calibration]:
    """Answer every judge version that has labels, with what they say of it.

    With `drawn` only labels of cases that chance chose count, with `since` only those given since.
    With `recent` the model judges of the newest batches are there too, labelled or not.
    """
    found: dict[Key, Calibration] = {}
    rows = _rows(drawn=drawn, since=since)
    manifests = _manifests({row.batch for row in rows}, recent=recent)
    versions = {batch: list(judges_of(manifest)) for batch, manifest in manifests.items()}
    for version in (version for of_batch in versions.values() for version in of_batch):
        if version.asks_model:
            found.setdefault(version.key, Calibration(version=version))
    for row in rows:
        for version in versions[row.batch]:
            if version.stage == row.stage:
                before = found.get(version.key, Calibration(version=version))
                found[version.key] = _with(before, row)
    return found


def _rows(*, drawn: bool, since: datetime | None) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(VOTED + _COUNTS, {"drawn": drawn, "since": since})
        return [_Row(*row) for row in cursor.fetchall()]


def _manifests(labelled: set[UUID], *, recent: bool) -> Mapping[UUID, Any]:
    wanted = set(labelled)
    if recent:
        newest = Batch.objects.order_by("-created_at").values_list("pk", flat=True)
        wanted |= set(newest[:RECENT])
    return dict(Batch.objects.filter(pk__in=wanted).values_list("pk", "manifest"))


def _with(before: Calibration, row: _Row) -> Calibration:
    cell = (row.machine, row.people)
    counts = Confusion(*(row.cases if cell == known else 0 for known in _CELLS))
    is_even = row.people == "even"
    return Calibration(
        version=before.version,
        table=before.table.plus(counts),
        labels=before.labels + row.labels,
        even=before.even + (row.cases if is_even else 0),
        unjudged=before.unjudged + (0 if is_even or counts.n else row.cases),
        oldest=min(filter(None, (before.oldest, row.oldest))),
        newest=max(filter(None, (before.newest, row.newest))),
        batches=tuple(dict.fromkeys((*before.batches, row.batch))),
    )


def versions_of(batches: list[Batch]) -> Iterator[JudgeVersion]:
    """Yield the judge versions of batches that asked a model, once each."""
    seen: set[Key] = set()
    for version in (version for batch in batches for version in judges_of(batch.manifest)):
        if version.asks_model and version.key not in seen:
            seen.add(version.key)
            yield version
