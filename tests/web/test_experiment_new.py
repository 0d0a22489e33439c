"""A new experiment: what it would need is seen before it is declared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evalsite.experiments.models import Experiment
from evalsite.tenants.models import Role, Tenant
from tests.factories import make_batch, make_comparison, make_experiment, make_regression
from tests.web.looking import looker, shown

NEW = "/experiments/new/"
GIVEN = {
    "name": "prompt-2",
    "primary_metric": "score",
    "claim": "non_inferiority",
    "margin": "0.05",
    "alpha": "0.025",
    "tie_band": "0",
}


@pytest.fixture
def engineer(as_acme: Tenant) -> Client:
    return looker(as_acme, role=Role.ENGINEER)


def looked(client: Client, **given: Any) -> str:
    return client.post(NEW, {**GIVEN, **given, "look": "1"}).content.decode()


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found
    return found[1]


def test_it_is_declared_once_its_needs_were_seen(engineer: Client) -> None:
    page = looked(engineer)
    assert "score of the variant is not worse by 5 points or more" in page
    assert "Nothing is known of the spread" in page
    assert not Experiment.objects.exists()
    answer = engineer.post(NEW, {**GIVEN, "declare": "1", "seen": seen(page)})
    made = Experiment.objects.get()
    assert answer.headers["Location"] == f"/experiments/{made.pk}/"
    assert (made.margin, made.claim, made.locked_at) == (0.05, "non_inferiority", None)


def test_what_was_changed_since_is_looked_at_again(engineer: Client) -> None:
    stale = {**GIVEN, "margin": "0.2", "declare": "1", "seen": seen(looked(engineer))}
    assert "changed since you looked" in engineer.post(NEW, stale).content.decode()
    assert not Experiment.objects.exists()


def test_the_suites_newest_comparison_gives_the_spread(engineer: Client) -> None:
    comparison = make_comparison(batch=make_batch())
    ends = {"effect_low": -0.03, "effect_high": 0.09, "n_pairs": 100}
    make_regression(comparison=comparison, metric="score", **ends)
    page = looked(engineer, suite=comparison.batch.suite_id, planned_cases="30")
    assert "The spread is that of 100 pairs" in page
    assert "30 tasks would rather not settle it" in page
    assert "about 297" in page


def test_what_no_number_of_tasks_shows_is_said(engineer: Client) -> None:
    page = looked(engineer, claim="superiority", gain="0.01")
    assert "No number of tasks would show it" in page


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"margin": ""}, "required"),
        ({"margin": "1"}, "a share below 1"),
        ({"peek_safe": "on", "primary_metric": "latency_ms"}, "Only score and success"),
        ({"alpha": "0.4"}, "less than or equal to 0.25"),
    ],
    ids=str,
)
def test_an_error_stands_at_its_field(engineer: Client, given: dict[str, str], told: str) -> None:
    assert told in looked(engineer, **given)


def test_a_name_that_is_taken_is_refused(engineer: Client) -> None:
    make_experiment(name="prompt-2")
    answer = engineer.post(NEW, {**GIVEN, "declare": "1", "seen": seen(looked(engineer))})
    assert (answer.status_code, b"experiment_exists" in answer.content) == (422, True)


def test_a_forecast_asks_as_much_for_any_suite(engineer: Client) -> None:
    looked(engineer)
    counts = []
    for n in (1, 4):
        batch = make_batch()
        for _ in range(n):
            make_regression(comparison=make_comparison(batch=batch, is_own=False), metric="score")
        with CaptureQueriesContext(connection) as asked:
            looked(engineer, suite=batch.suite_id)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_only_engineers_declare(as_acme: Tenant) -> None:
    assert looker(as_acme, role=Role.CURATOR).get(NEW).status_code == 403
    assert NEW not in shown(as_acme, "/experiments/")
    assert NEW in shown(as_acme, "/experiments/", role=Role.ENGINEER)
