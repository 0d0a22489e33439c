"""Draw a sample of what was recorded since the tick before, as a run of its own.

Which output is drawn depends on its id and the schedule's alone: who draws again from the same
outputs draws the same. A case is scored once in a batch, so of several outputs of one case the
first by lot is drawn, and the others count as passed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.schedules.models import SAMPLED, Sampled, Schedule, Tick
from evalsite.schedules.open_anew import free_name
from evalsite.targets.models import Run, RunStatus

# An output is dated by the start of the transaction that records it, and is seen from its commit
# on. So what is read ends before the oldest transaction that is open: whatever commits later is
# dated later, and comes with the next tick. The second is for one that just begins.
_SETTLED: Final = """
    SELECT least(statement_timestamp(), min(xact_start)) - interval '1 second'
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# The first 32 bits of an output's lot, as a share of all that there are, decide on it.
# A run that was completed long before has nothing new; a day is more than two clocks differ.
_DRAW: Final = """
    WITH fresh AS MATERIALIZED (
        SELECT o.id, o.case_id, t.key, md5(%(schedule)s || ':' || o.id::text) AS lot
        FROM targets_run r
        JOIN targets_output o ON o.run_id = r.id
        JOIN cases_testcase t ON t.id = o.case_id
        WHERE r.target_id = %(target)s AND r.eval_mode = 'recorded'
          AND r.client_type <> %(sampled)s AND r.status NOT IN ('failed', 'dry_run')
          AND (r.completed_at IS NULL OR r.completed_at > %(since)s - interval '1 day')
          AND t.suite_id = %(suite)s AND t.state = 'active'
          AND o.recorded_at > %(since)s AND o.recorded_at <= %(until)s
          AND NOT EXISTS (SELECT 1 FROM schedules_sampled s
                          WHERE s.schedule_id = %(schedule)s::uuid AND s.copied_from = o.id)
    ), hit AS (
        SELECT DISTINCT ON (case_id) id, key, lot FROM fresh
        WHERE ('x' || substr(lot, 1, 8))::bit(32)::bigint < %(percent)s / 100.0 * 4294967296
        ORDER BY case_id, lot
    ), drawn AS (SELECT id, key FROM hit ORDER BY lot LIMIT %(most)s)
    SELECT (SELECT count(*) FROM fresh), array_agg(id), array_agg(key ORDER BY key COLLATE "C")
    FROM drawn
"""
# The copy is as old as the original, and is purged by the same rule.
_COPY: Final = """
    INSERT INTO targets_output (id, tenant_id, run_id, case_id, repetition, answer, error,
        latency_ms, tokens_in, tokens_out, cost_usd, recorded_at)
    SELECT gen_random_uuid(), tenant_id, %s, case_id, 0, answer, error,
        latency_ms, tokens_in, tokens_out, cost_usd, recorded_at
    FROM targets_output WHERE id = ANY (%s)
"""


class Drawn(NamedTuple):
    """What a tick has drawn from `n_new` outputs: a run with copies, and the keys of their cases.

    The run is None where nothing was drawn.
    """

    n_new: int
    run: Run | None
    keys: tuple[str, ...]


def draw(tick: Tick) -> Drawn:
    """Draw for a claimed tick, and move the schedule's `read_until`; needs its transaction."""
    schedule = tick.schedule
    since = schedule.read_until or schedule.created_at
    until = max(since, _settled())
    n_new, ids, keys = _drawn(schedule, since=since, until=until)
    Schedule.objects.filter(pk=schedule.pk).update(read_until=until)
    if not ids:
        return Drawn(n_new, None, ())
    run = _copied(tick, ids)
    Sampled.objects.bulk_create(
        [Sampled(schedule=schedule, tick=tick, copied_from=output) for output in ids]
    )
    return Drawn(n_new, run, tuple(keys))


def _settled() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED)
        until: datetime = cursor.fetchone()[0]
    return until


def _drawn(
    schedule: Schedule, *, since: datetime, until: datetime
) -> tuple[int, list[UUID], list[str]]:
    values: dict[str, Any] = {
        "schedule": str(schedule.pk),
        "target": schedule.target_id,
        "suite": schedule.suite_id,
        "sampled": SAMPLED,
        "since": since,
        "until": until,
        "percent": schedule.percent,
        "most": schedule.most,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DRAW, values)
        n_new, ids, keys = cursor.fetchone()
    return n_new, ids or [], keys or []


def _copied(tick: Tick, ids: list[UUID]) -> Run:
    """Copy the outputs into a completed run: what is scored must not change any more.

    Nobody is told that it was completed: what a target's runs are evaluated on is not for samples.
    """
    schedule = tick.schedule
    run = Run.objects.create(
        name=free_name(tick),
        target=schedule.target,
        client_type=SAMPLED,
        status=RunStatus.COMPLETED,
        completed_at=timezone.now(),
        metadata={"schedule": schedule.name, "due_at": tick.due_at.isoformat()},
    )
    with connection.cursor() as cursor:
        cursor.execute(_COPY, [run.pk, ids])
    about = {"target": schedule.target.name, "sampled": len(ids)}
    record("run.added", run, actor=tick.begun_by, **about)
    return run
