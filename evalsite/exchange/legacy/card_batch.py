"""A batch that holds what the old framework judged: opened, filled, closed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from uuid_utils import uuid7

from evalsite.batches.models import Batch, BatchState
from evalsite.cases.models import Suite
from evalsite.exchange.legacy.card_record import STAGES, Card
from evalsite.scoring.models import Scorecard
from evalsite.summaries.summarize import summarize
from evalsite.targets.complete import complete_run
from evalsite.targets.models import Run
from evalsite.targets.open import RunMismatch, open_run

TARGET: Final = "legacy"
_NOT_SLUG = re.compile(r"[^A-Za-z0-9_-]+")
_CREATE: Final = """
    DROP TABLE IF EXISTS pg_temp.legacy_card;
    CREATE TEMPORARY TABLE legacy_card (
        id uuid, key text, repetition int2, status text, overall_score float8,
        overall_passed bool, stages jsonb, details jsonb, latency_ms float8, tokens_in int4,
        tokens_out int4, cost_usd float8, scored_at timestamptz
    ) ON COMMIT DROP
"""
# Each lookup is a LATERAL with LIMIT, which pins a whole key: left to itself the planner, which
# knows nothing of tables that are being filled, reads all that came in before, piece after piece.
_LOST: Final = """
    SELECT l.key FROM legacy_card l LEFT JOIN LATERAL (
        SELECT id FROM cases_testcase WHERE suite_id = %(suite)s AND key = l.key LIMIT 1
    ) AS t ON true WHERE t.id IS NULL
"""
# By case and not by revision: a case that was edited since keeps the card that it has.
_INSERT: Final = """
    INSERT INTO scoring_scorecard (
        id, tenant_id, batch_id, revision_id, repetition, round, status, overall_score,
        overall_passed, stages, details, latency_ms, tokens_in, tokens_out, cost_usd, scored_at)
    SELECT l.id, app.tenant_id(), %(batch)s, r.id, l.repetition, 0, l.status, l.overall_score,
        l.overall_passed, l.stages, l.details, l.latency_ms, l.tokens_in, l.tokens_out,
        l.cost_usd, coalesce(l.scored_at, now())
    FROM legacy_card l
    CROSS JOIN LATERAL (
        SELECT id, revision_number FROM cases_testcase
        WHERE suite_id = %(suite)s AND key = l.key LIMIT 1) AS t
    CROSS JOIN LATERAL (
        SELECT id FROM cases_revision
        WHERE case_id = t.id AND number = t.revision_number LIMIT 1) AS r
    LEFT JOIN LATERAL (
        SELECT c.id FROM cases_revision old CROSS JOIN LATERAL (
            SELECT id FROM scoring_scorecard
            WHERE batch_id = %(batch)s AND revision_id = old.id AND repetition = l.repetition
            LIMIT 1) AS c
        WHERE old.case_id = t.id LIMIT 1) AS known ON true
    WHERE known.id IS NULL
"""
_CLOSE: Final = """
    UPDATE batches_batch b SET state = 'finished', n_cases = c.cases, repetitions = c.repetitions,
        created_at = c.first, finished_at = c.last
    FROM (
        SELECT count(DISTINCT revision_id) AS cases, max(repetition) + 1 AS repetitions,
            min(scored_at) AS first, max(scored_at) AS last
        FROM scoring_scorecard WHERE batch_id = %(batch)s) AS c
    WHERE b.id = %(batch)s
"""


class Written(NamedTuple):
    """How many scorecards were new and how many there already; the keys of those without a case."""

    new: int
    unchanged: int
    lost: list[str]


def open_card_batch(suite: Suite, *, name: str, source: str, actor: str) -> Batch:
    """Answer the batch of an old batch's name and source, made on first sight with its run.

    It is cancelled until it is closed, so that nobody takes half of it for the whole. Raises
    RunMismatch when a run of that name is another's.
    """
    origin = {"source": source, "batch": name, "suite": suite.name}
    with transaction.atomic():
        run = open_run(name=_run_name(name), target=TARGET, actor=actor)
        found = Batch.objects.filter(run=run).first()
        if run.metadata.get("legacy") == origin and found is not None:
            return found
        if run.metadata or found is not None:
            raise RunMismatch(f"run {run} holds something else", hint="rename that run first")
        Run.objects.filter(pk=run.pk).update(metadata={"legacy": origin})
        complete_run(run, actor=actor)
        return Batch.objects.create(
            suite=suite,
            suite_version=suite.version,
            run=run,
            pack=suite.pack,
            manifest=_manifest(suite.pack, origin),
            n_cases=0,
            state=BatchState.CANCELLED,
            created_by=actor,
        )


def write_cards(batch: Batch, cards: Iterable[Card]) -> Written:
    """Add the scorecards that the batch does not have, in an open transaction."""
    values = {"batch": batch.pk, "suite": batch.suite_id}
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        n = 0
        with cursor.copy("COPY legacy_card FROM STDIN") as copy:
            for card in cards:
                copy.write_row((str(uuid7()), *card))
                n += 1
        cursor.execute("ANALYZE legacy_card")
        cursor.execute(_LOST, values)
        lost = [key for (key,) in cursor.fetchall()]
        cursor.execute(_INSERT, values)
        new = int(cursor.rowcount)
    if new:
        Batch.objects.filter(pk=batch.pk).update(state=BatchState.CANCELLED)
    return Written(new=new, unchanged=n - new - len(lost), lost=lost)


def close_card_batch(batch: Batch) -> bool:
    """Finish the batch and write its summary; one without a scorecard is taken away again."""
    with transaction.atomic():
        if not Scorecard.objects.filter(batch=batch).exists():
            batch.delete()
            Run.objects.filter(pk=batch.run_id).delete()
            return False
        Batch.objects.filter(pk=batch.pk).update(suite_version=batch.suite.version)
        with connection.cursor() as cursor:
            cursor.execute(_CLOSE, {"batch": batch.pk})
        batch.refresh_from_db()
        summarize(batch)
    return True


def _manifest(pack: str, origin: dict[str, str]) -> dict[str, Any]:
    stages = [asdict(stage) for stage in STAGES]
    return {
        "pack": pack,
        "pack_version": "legacy",
        "options": {},
        "stages": stages,
        "legacy": origin,
    }


def _run_name(name: str) -> str:
    """Answer `legacy-<name>` as a slug; where letters had to go, a hash keeps it apart."""
    slug = _NOT_SLUG.sub("-", name).strip("-")[:80]
    if slug == name:
        return f"legacy-{name}"
    return f"legacy-{slug}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
