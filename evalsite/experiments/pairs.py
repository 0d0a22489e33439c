"""The tasks of two groups side by side: repetitions averaged inside a task, then paired."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.experiments.choices import BOUNDED, Metric
from evalsite.experiments.models import Experiment

METRICS: Final = tuple(Metric.values)
_MEANS = ", ".join(
    f"avg({'success::int' if name == Metric.SUCCESS else name})::float8 AS {name}"
    for name in METRICS
)
_BOTH = ", ".join(f"b.{name}, v.{name}" for name in METRICS)
_PAIRS = """
    WITH means AS (
        SELECT task, "group", max(cluster) AS cluster, {means}
        FROM experiments_result
        WHERE experiment_id = %(experiment)s AND (
            ("group" = 'baseline' AND version = %(baseline)s)
            OR ("group" = 'variant' AND version = %(variant)s))
        GROUP BY task, "group")
    SELECT coalesce(nullif(b.cluster, ''), nullif(v.cluster, '')),
        {columns}
    FROM means b JOIN means v USING (task)
    WHERE b."group" = 'baseline' AND v."group" = 'variant' ORDER BY task
"""
# Per group: results, tasks, those without the metric, the judges that gave them, and how many came
# from judges that were found out.
_COUNTS = """
    SELECT "group", count(*), count(DISTINCT task), count(*) FILTER (WHERE {metric} IS NULL),
        array_agg(DISTINCT judged_by), count(*) FILTER (WHERE batch_id IN (
            SELECT id FROM batches_batch WHERE preflight = 'untrusted'))
    FROM experiments_result
    WHERE experiment_id = %(experiment)s AND (
        ("group" = 'baseline' AND version = %(baseline)s)
        OR ("group" = 'variant' AND version = %(variant)s))
    GROUP BY "group"
"""


class Sides(NamedTuple):
    """One metric of the paired tasks; `clusters` is None where every task stands alone."""

    before: list[float]
    after: list[float]
    clusters: list[str] | None

    def better_is_more(self, metric: str) -> Sides:
        """Answer sides whose difference after - before is a gain."""
        if metric in BOUNDED:
            return self
        return Sides(self.after, self.before, self.clusters)


class GroupCount(NamedTuple):
    """How much of a group there is.

    `missing` counts results without the primary metric, `untrusted` those that judges gave who
    let themselves be talked over.
    """

    results: int = 0
    tasks: int = 0
    missing: int = 0
    judges: tuple[str, ...] = ()
    untrusted: int = 0


class Pairs(NamedTuple):
    """All metrics of the tasks that both versions have, and how much of each group there is."""

    baseline: GroupCount
    variant: GroupCount
    rows: list[tuple[Any, ...]]

    def sides(self, metric: str) -> Sides:
        """Answer the tasks that have the metric on both sides."""
        place = 1 + 2 * METRICS.index(metric)
        whole = [row for row in self.rows if None not in row[place : place + 2]]
        keys = list(_clusters(whole))
        return Sides(
            [row[place] for row in whole],
            [row[place + 1] for row in whole],
            keys if len(set(keys)) < len(keys) else None,
        )


def load_pairs(experiment: Experiment, *, baseline: str, variant: str) -> Pairs:
    """Answer the tasks of a baseline's version beside those of a variant's."""
    values: dict[str, str | UUID] = {
        "experiment": experiment.pk,
        "baseline": baseline,
        "variant": variant,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS.format(metric=experiment.primary_metric), values)
        counts = {
            group: GroupCount(results, tasks, missing, tuple(sorted(judges)), untrusted)
            for group, results, tasks, missing, judges, untrusted in cursor.fetchall()
        }
        cursor.execute(_PAIRS.format(means=_MEANS, columns=_BOTH), values)
        rows = cursor.fetchall()
    empty = GroupCount()
    return Pairs(counts.get("baseline", empty), counts.get("variant", empty), rows)


def _clusters(rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """A task without a cluster is one of its own, with a name that no cluster has."""
    for number, row in enumerate(rows):
        yield f"c{row[0]}" if row[0] is not None else f"t{number}"
