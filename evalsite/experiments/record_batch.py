"""A batch writes what it found to the experiment that it was started for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection, transaction

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.experiments.models import Arm, Experiment
from evalsite.experiments.queries import arm_of, hold_open
from evalsite.experiments.record import Recorded, upsert
from evalsite.experiments.settled import SETTLED_CASES
from evalsite.tenants.scope import require

_WHOLE: Final = "k.batch_id = %(batch)s AND k.status <> 'open'"
# When a batch was stopped early, what lies beyond the settled cases is left out: of those that
# happened to be ready, the quick ones and those that a gate stopped are too many.
_SETTLED: Final = " AND k.revision_id IN ".join((_WHOLE, f"({SETTLED_CASES})"))
_SOURCE = """
    SELECT gen_random_uuid(), %(tenant)s::uuid, %(experiment)s::uuid, t.key AS task,
        %(group)s AS "group", %(version)s AS version, k.repetition, k.overall_score,
        k.overall_passed, CASE WHEN k.overall_score IS NULL THEN left(coalesce(
            k.details->'batch'->>'code',
            (SELECT s.value->>'code' FROM jsonb_each(k.stages) s
             WHERE s.value->>'status' IN ('errored', 'unscored') ORDER BY s.key LIMIT 1),
            k.status), 200) ELSE '' END,
        CASE WHEN k.latency_ms BETWEEN 0 AND 1e12 THEN k.latency_ms END,
        coalesce(k.tokens_in::bigint + k.tokens_out, k.tokens_in, k.tokens_out),
        CASE WHEN k.cost_usd BETWEEN 0 AND 1e12 THEN k.cost_usd END, %(model)s, %(agent)s,
        left(coalesce(r.metadata->>nullif(%(cluster_key)s::text, ''), ''), 200), %(judges)s,
        '{{}}'::jsonb, k.batch_id
    FROM scoring_scorecard k JOIN cases_revision r ON r.id = k.revision_id
    JOIN cases_testcase t ON t.id = r.case_id
    WHERE {which}
"""
_COUNT = "SELECT count(*) FROM scoring_scorecard k WHERE {which}"


def record_batch(
    batch: Batch, *, experiment: Experiment, group: str, version: str, only_settled: bool = False
) -> Recorded:
    """Write a batch's scorecards as results, in one statement; doing it again changes nothing.

    With `only_settled`, those of the cases that looks at a running batch may count.
    """
    which = _SETTLED if only_settled else _WHOLE
    values: dict[str, str | int | UUID] = {
        "batch": batch.pk,
        "repetitions": batch.repetitions,
        "tenant": require(),
        "experiment": experiment.pk,
        "group": group,
        "version": version,
        "model": _model_of(batch),
        "agent": batch.run.target.name,
        "cluster_key": batch.suite.cluster_key,
        "judges": judges_of(batch.manifest),
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(which=which), values)
            (n,) = cursor.fetchone()
        done = upsert(_SOURCE.format(which=which), values, n=n)
        if done.new or done.changed:
            counts = {"new": done.new, "changed": done.changed, "group": group}
            record("results.recorded", experiment, actor=f"batch {batch.pk}", **counts)
    return done


@transaction.atomic(savepoint=False)
def record_finished(batch: Batch) -> Recorded | None:
    """Write the results of a batch that is over, if an experiment waits for them.

    One that is decided or closed meanwhile keeps what it was decided by; that is audited. Only a
    batch that was stopped early, and then resumed, adds the rest of its own.
    """
    arm = arm_of(batch.pk)
    if arm is None:
        return None
    if not (hold_open(arm.experiment) or arm.settled):
        record("results.refused", arm.experiment, actor=f"batch {batch.pk}", group=arm.group)
        return None
    return _record_arm(arm, batch, only_settled=False)


def record_settled(arm: Arm, batch: Batch) -> Recorded:
    """Write the results that a batch was stopped at."""
    return _record_arm(arm, batch, only_settled=True)


def judges_of(manifest: Mapping[str, Any]) -> str:
    """Answer a hash of all that fixes a verdict: equal for the same judges and options."""
    frozen = {name: manifest.get(name) for name in ("pack", "pack_version", "options", "stages")}
    return hashlib.sha256(orjson.dumps(frozen, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _record_arm(arm: Arm, batch: Batch, *, only_settled: bool) -> Recorded:
    return record_batch(
        batch,
        experiment=arm.experiment,
        group=arm.group,
        version=arm.version,
        only_settled=only_settled,
    )


def _model_of(batch: Batch) -> str:
    asked = (batch.run.connection or {}).get("model", "")
    return str(batch.run.metadata.get("model_version") or asked or "")[:100]
