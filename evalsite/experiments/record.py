"""Record results as one set: each under its natural key, new or in place of what was there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection, transaction
from uuid_utils import uuid7

from evalsite.audit.record import record
from evalsite.cases.strict_json import dump
from evalsite.experiments.models import Experiment
from evalsite.experiments.queries import ExperimentOver, hold_open, require_open
from evalsite.tenants.scope import require
from evalsite.tenants.statistics import refresh_statistics

if TYPE_CHECKING:
    from evalsite.experiments.check import CheckedResult

NATURAL: Final = ("task", '"group"', "version", "repetition")
VALUES: Final = (
    *("score", "success", "reason", "latency_ms", "tokens_used", "cost_usd"),
    *("model_version", "agent_name", "cluster", "judged_by", "metadata", "batch_id"),
)
COLUMNS: Final = ", ".join((*NATURAL, *VALUES))
# Rows that say what is there already are left alone: doing it again changes nothing. All writers
# take the rows in the same order, so that two of them wait for each other and never in a ring.
_UPSERT = """
    INSERT INTO experiments_result AS r (id, tenant_id, experiment_id, {columns})
    {source}
    ORDER BY {natural}
    ON CONFLICT (tenant_id, experiment_id, {natural}) DO UPDATE
    SET {assigned}, recorded_at = statement_timestamp()
    WHERE ({mine}) IS DISTINCT FROM ({theirs})
    RETURNING (xmax = 0)
"""
_CREATE = """
    DROP TABLE IF EXISTS pg_temp.staged_result;
    CREATE TEMPORARY TABLE staged_result (
        line bigint, id uuid, task text, "group" text, version text, repetition smallint,
        score float8, success boolean, reason text, latency_ms float8, tokens_used bigint,
        cost_usd float8, model_version text, agent_name text, cluster text, judged_by text,
        metadata jsonb, batch_id uuid
    ) ON COMMIT DROP
"""
_COPY = "COPY staged_result FROM STDIN"
_TAKE_REPEATED = """
    DELETE FROM staged_result WHERE line IN (
        SELECT line FROM (
            SELECT line, row_number() OVER (
                PARTITION BY task, "group", version, repetition ORDER BY line) AS place
            FROM staged_result
        ) AS numbered WHERE place > 1)
    RETURNING line, task
"""
_COUNTED = """
    WITH written (is_new) AS ({statement})
    SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
"""
_STAGED = "SELECT id, %(tenant)s::uuid, %(experiment)s::uuid, {columns} FROM staged_result"


class Recorded(NamedTuple):
    """How many results were added, replaced, and there already."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


def record_result(experiment: Experiment, *, actor: object = "", **fields: Any) -> Recorded:
    """Record one result; raises ExperimentOver, and what `check_result` raises."""
    from evalsite.experiments.check import check_result

    return record_results(experiment, [(1, check_result(fields))], actor=actor)


def record_results(
    experiment: Experiment,
    rows: Iterable[tuple[int, CheckedResult]],
    *,
    on_repeated: Callable[[int, str], None] | None = None,
    actor: object = "",
) -> Recorded:
    """Add or replace results, given with the line that each stands on, in flat memory.

    Of several under the same natural key the first is kept, and `on_repeated` hears of the line
    and task of the others. Raises ExperimentOver.
    """
    require_open(experiment)
    with transaction.atomic():
        staged = _stage(rows)
        repeated = _take_repeated(on_repeated)
        if not hold_open(experiment):
            raise ExperimentOver(f"experiment {experiment.name!r} was decided meanwhile")
        values = {"experiment": experiment.pk, "tenant": require()}
        done = upsert(_STAGED.format(columns=COLUMNS), values, n=staged - repeated)
        if done.new or done.changed:
            counts = {"new": done.new, "changed": done.changed}
            record("results.recorded", experiment, actor=actor, **counts)
    return done


def upsert(source: str, values: Mapping[str, Any], *, n: int) -> Recorded:
    """Write the n rows of a SELECT of (id, tenant, experiment, COLUMNS), in one statement."""
    statement = _UPSERT.format(
        source=source,
        columns=COLUMNS,
        natural=", ".join(NATURAL),
        assigned=", ".join(f"{name} = excluded.{name}" for name in VALUES),
        mine=", ".join(f"r.{name}" for name in VALUES),
        theirs=", ".join(f"excluded.{name}" for name in VALUES),
    )
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED.format(statement=statement), values)
        new, changed = cursor.fetchone()
    refresh_statistics("experiments_result", rows=new + changed)
    return Recorded(new=new, changed=changed, unchanged=n - new - changed)


def _stage(rows: Iterable[tuple[int, CheckedResult]]) -> int:
    staged = 0
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        with cursor.copy(_COPY) as copy:
            for line, result in rows:
                staged += 1
                copy.write_row((line, str(uuid7()), *_values(result)))
    return staged


def _values(result: CheckedResult) -> list[Any]:
    values = {**dict(result), "metadata": dump(result.metadata), "batch_id": None}
    return [values[name.strip('"')] for name in (*NATURAL, *VALUES)]


def _take_repeated(on_repeated: Callable[[int, str], None] | None) -> int:
    """Take out what repeats a natural key; answers how many rows those were."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_REPEATED)
        repeated = sorted(cursor.fetchall())
    for line, task in repeated:
        if on_repeated is not None:
            on_repeated(line, task)
    return len(repeated)
