"""The trend over the results of experiments."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from django.db import connection

from evalsite.regressions.metrics import metric as metric_named
from evalsite.stats.intervals import Interval, bounded_mean, mean_t_of, wilson
from evalsite.trends.points import Point
from evalsite.trends.selection import Selection

# What a metric is of a result.
OF_RESULT: Final = {
    "score": "score",
    "pass_rate": "success::int::float8",
    "latency_ms": "latency_ms",
    "cost_usd": "cost_usd",
    "tokens": "tokens_used::float8",
}
# Repetitions are averaged inside a task. What each cluster's values leave over beyond the mean
# is summed before it is squared: tasks of one source share its luck (stats/clusters.py).
_TREND = """
    WITH picked AS ({picked}),
    tasks AS (
        SELECT experiment_id, "group", agent_name, version, task,
            CASE WHEN max(cluster) = '' THEN 't' || task ELSE 'c' || max(cluster) END AS cluster,
            avg({value}) AS value, min({value}) AS least, max({value}) AS most,
            count(*) AS n_rows, count({value}) AS n_samples,
            min(created_at) AS first_at, max(recorded_at) AS last_at
        FROM picked GROUP BY experiment_id, "group", agent_name, version, task
    ), placed AS (
        SELECT *, avg(value) OVER (PARTITION BY experiment_id, "group", agent_name, version) AS mean
        FROM tasks
    ), clusters AS (
        SELECT experiment_id, "group", agent_name, version, cluster, mean,
            count(value) AS n, sum(value - mean) AS pull, min(least) AS least, max(most) AS most,
            sum(n_rows) AS n_rows, sum(n_samples) AS n_samples,
            min(first_at) AS first_at, max(last_at) AS last_at
        FROM placed GROUP BY experiment_id, "group", agent_name, version, cluster, mean
    ), versions AS (
        SELECT experiment_id, "group", agent_name, version, mean, min(least) AS least,
            max(most) AS most, sum(n)::int8 AS n, count(*) FILTER (WHERE n > 0) AS n_clusters,
            sum(n_samples)::int8 AS n_samples, sum(n_rows - n_samples)::int8 AS unscored,
            min(first_at) AS first_at, max(last_at) AS last_at, sum(pull * pull) AS squares
        FROM clusters GROUP BY experiment_id, "group", agent_name, version, mean
    )
    SELECT e.name, "group", agent_name, version, mean, least, most, n, n_clusters, n_samples,
        unscored, first_at, last_at, squares
    FROM versions JOIN experiments_experiment e ON e.id = experiment_id
    ORDER BY e.name, "group", agent_name, first_at, version
"""


_COLUMNS: Final = (
    *("experiment_id", "group", "agent_name", "version", "task", "cluster", "created_at"),
    *("recorded_at", "score", "success", "latency_ms", "cost_usd", "tokens_used"),
)


def trend_of_results(selection: Selection, *, metric: str) -> Iterator[Point]:
    """Answer each line's versions in the order in which they first came, in one statement.

    The interval is Wilson's for tasks that passed or failed, once each, that of `bounded_mean` for
    other shares, and Student's t for amounts: over clusters, which are tasks where none are
    declared. `metric` is one of OF_RESULT.
    """
    picked, params = statement(selection, metric=metric)
    with connection.cursor() as cursor:
        cursor.execute(picked, params)
        for row in cursor.fetchall():
            yield _point(row, metric=metric)


def statement(selection: Selection, *, metric: str) -> tuple[str, tuple[Any, ...]]:
    """Answer the statement that the trend is read with, and its parameters."""
    picked = selection.results().order_by().values(*_COLUMNS).query
    sql, params = picked.sql_with_params()
    return _TREND.format(picked=sql, value=OF_RESULT[metric]), tuple(params)


def _point(row: tuple[Any, ...], *, metric: str) -> Point:
    experiment, group, agent, version, mean, least, most, n, n_clusters, *rest = row
    samples, unscored, first_at, last_at, squares = rest
    line = {"experiment": experiment, "group": group, "agent": agent}
    low = high = None
    if n:
        once = metric == "pass_rate" and n == n_clusters == samples
        spread = _spread(squares, n=n, n_clusters=n_clusters)
        low, high = (
            wilson(mean * n, n)
            if once
            else _interval(mean, spread=spread, n=n_clusters, metric=metric)
        ) or (None, None)
    return Point(
        line={name: value for name, value in line.items() if value},
        version=version,
        avg=mean,
        low=low,
        high=high,
        min=least,
        max=most,
        n=n,
        samples=samples,
        unscored=unscored,
        first_recorded=first_at,
        last_recorded=last_at,
    )


def _spread(squares: float, *, n: int, n_clusters: int) -> float | None:
    """Answer the spread that so many independent values would have for the same standard error."""
    if n_clusters < 2:
        return None
    return math.sqrt(squares * n_clusters / (n_clusters - 1)) / n * math.sqrt(n_clusters)


def _interval(mean: float, *, spread: float | None, n: int, metric: str) -> Interval | None:
    if metric_named(metric).span:
        return bounded_mean(mean, sd=spread, n=n)
    if spread is None:
        return None
    low, high = mean_t_of(mean, sd=spread, n=n)
    return Interval(max(0.0, low), high)
