"""PostgreSQL finds results by the tenant's indexes, however many other tenants' rows there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections

from evalsite.experiments.models import Experiment
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.recent import recent
from evalsite.trends.selection import Selection
from evalsite.trends.trend import trend
from evalsite.trends.trend_results import statement
from tests.factories import make_experiment

FILL = """
    INSERT INTO experiments_result (id, experiment_id, task, "group", version, repetition, score,
        success, reason, model_version, agent_name, cluster, judged_by, metadata, created_at,
        recorded_at)
    SELECT gen_random_uuid(), %s, 'task ' || n %% 100, 'baseline', 'v' || n / 100, 0, 0.5,
        true, '', '', 'agent ' || n %% 7, '', '', '{}', now() - n * interval '1 minute',
        now() - n * interval '1 minute'
    FROM generate_series(1, %s) n
"""


def fill(experiment: Experiment, n: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FILL, [experiment.pk, n])


@pytest.fixture
def crowded(committed_db: None) -> Iterator[Experiment]:
    """Thirty tenants with 1,000 results each."""
    for number in range(30):
        with tenant(Tenant.objects.create(slug=f"t{number}", name="t").pk) as last:
            experiment = make_experiment(name="mine")
            fill(experiment, 1_000)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE experiments_result")
    with tenant(last):
        yield experiment


def indexes_of(sql: str, params: tuple[Any, ...]) -> set[str]:
    """Name the indexes by which a statement reads the results; the kind of scan where by none."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return set(_scans(plan[0]["Plan"]))


def _scans(node: dict[str, Any]) -> Iterator[str]:
    if node.get("Index Name", "").startswith("experiments_result"):
        yield node["Index Name"]
    elif node.get("Relation Name") == "experiments_result" and "Bitmap" not in node["Node Type"]:
        yield node["Node Type"]
    for child in node.get("Plans", []):
        yield from _scans(child)


def test_a_trend_and_recent_results_are_read_by_the_tenants_indexes(crowded: Experiment) -> None:
    for filters in ({"experiment": "mine"}, {"agent": "agent 3"}, {"days": 1}, {}):
        found = indexes_of(*statement(Selection(**filters), metric="score"))
        assert found, filters
        assert all(name.startswith("experiments_result") for name in found), filters
    newest = Selection().results().order_by("-recorded_at", "-pk")[:20]
    assert indexes_of(*newest.query.sql_with_params()) == {"experiments_result_recent"}
    after = recent(Selection(), limit=500).next
    assert len(recent(Selection(), limit=20, after=after).results) == 20
    points = trend(Selection(experiment="mine", agent="agent 3"))
    assert sum(point.samples for point in points) == 143
