"""The list of batches, and a finished batch's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evalsite.batches.models import Batch, BatchState
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import (
    make_batch,
    make_comparison,
    make_regression,
    make_run,
    make_scorecard,
    make_suite,
    make_summary,
)
from tests.web.looking import looker, shown

RATE = {"n": 10, "passed": 6, "failed": 2, "unscored": 1, "errored": 1}
FIGURES = {**RATE, "pass_rate": 0.75, "pass_low": 0.4, "pass_high": 0.93}
STAGE = {"n": 10, "scored": 8, "mean": 0.7, "low": 0.5, "high": 0.9, "passed": 6, "failed": 2}


def finished(name: str, **fields: Any) -> Batch:
    """A finished batch with its figures."""
    batch = make_batch(run=make_run(name=name), **{"state": "finished", "n_cases": 10, **fields})
    make_summary(batch=batch, **FIGURES, stages={"exact": STAGE})
    return batch


@pytest.fixture
def batch(acme: Tenant) -> Batch:
    with tenant(acme.pk):
        made = finished("v2", suite=make_suite(name="sums", version=3), suite_version=2)
        comparison = make_comparison(batch=made, baseline=finished("v1", suite=made.suite))
        make_regression(comparison=comparison)
    return made


def page_of(of: Tenant, batch: Batch, **options: Any) -> str:
    return shown(of, reverse("batch", args=[batch.pk]), **options)


@pytest.mark.usefixtures("batch")
def test_the_list_shows_the_newest_first(acme: Tenant) -> None:
    page = shown(acme, "/batches/")
    assert "75.0 %" in page
    assert "40.0 % to 93.0 %" in page
    assert "regressed</a>" in page
    assert page.index("<bdi>v1</bdi>") < page.index("<bdi>v2</bdi>")


@pytest.mark.usefixtures("batch")
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"suite": "sums"}, ["v1", "v2"]),
        ({"verdict": "regressed"}, ["v2"]),
        *(({name: "paused"}, []) for name in ("state", "suite", "target")),
        ({"state": "x"}, []),
        ({"suite": "\0"}, []),
    ],
    ids=str,
)
def test_the_list_can_be_filtered(acme: Tenant, query: dict[str, Any], wanted: list[str]) -> None:
    page = shown(acme, "/batches/", **query)
    assert [name for name in ("v1", "v2") if f"<bdi>{name}</bdi>" in page] == wanted


def test_the_list_goes_on(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
        for number in range(52):
            make_batch(suite=suite, run=make_run(name=f"run-{number}"))
    first = shown(acme, "/batches/")
    after = first.partition("after=")[2].partition('"')[0].replace("%3D", "=")
    assert shown(acme, "/batches/", after=after).count("data-row") == 2
    assert looker(acme).get("/batches/", {"after": "x"}).status_code == 404


def test_queries_of_the_list_do_not_grow(acme: Tenant, batch: Batch) -> None:
    client = looker(acme)
    client.get("/batches/")
    with CaptureQueriesContext(connection) as few:
        client.get("/batches/")
    with tenant(acme.pk):
        for number in range(5):
            made = finished(f"more-{number}", suite=batch.suite)
            make_regression(comparison=make_comparison(batch=made, baseline=batch))
    with CaptureQueriesContext(connection) as many:
        client.get("/batches/")
    assert len(many) == len(few)


def test_an_empty_list_names_the_next_step(acme: Tenant) -> None:
    assert "manage.py runbatch" in shown(acme, "/batches/")
    assert "Start a batch" in shown(acme, "/batches/", role=Role.ENGINEER)


@pytest.mark.usefixtures("batch")
def test_another_tenant_sees_none(globex: Tenant) -> None:
    assert "sums" not in shown(globex, "/batches/")


def test_the_title_says_the_verdict(acme: Tenant, batch: Batch) -> None:
    assert "<title>Regressed: sums v2 / v2 · Acme</title>" in page_of(acme, batch)


def test_without_a_baseline_it_says_the_rate(acme: Tenant) -> None:
    with tenant(acme.pk):
        alone = finished("solo", suite=make_suite(name="sums"))
    assert "<title>75.0 % passed: sums v1 / solo" in page_of(acme, alone)


def test_every_figure_has_its_n_and_interval(acme: Tenant, batch: Batch) -> None:
    page = page_of(acme, batch)
    assert "40.0 % to 93.0 %, 8 of 10 cases" in page
    assert "2 left out" in page
    assert "50.0 % to 90.0 %" in page


def test_it_says_why_there_is_no_verdict(acme: Tenant, batch: Batch) -> None:
    stages = {"exact": {"status": "unscored", "code": "expected_missing"}}
    with tenant(acme.pk):
        make_scorecard(batch=batch, status="unscored", overall_score=None, stages=stages)
    assert "<strong>expected_missing</strong>: 1 case" in page_of(acme, batch)


def test_of_many_slices_the_weakest_are_shown(acme: Tenant, batch: Batch) -> None:
    with tenant(acme.pk):
        for number in range(25):
            rate = {**FIGURES, "pass_rate": number / 100}
            make_summary(batch=batch, slice_kind="tag", slice_value=f"t{number:02}", **rate)
    page = page_of(acme, batch)
    assert "tag: <bdi>t00</bdi>" in page
    assert "tag: <bdi>t24</bdi>" not in page
    assert "All 25 slices" in page
    assert "tag: <bdi>t24</bdi>" in page_of(acme, batch, slices="all")


def test_repetitions_show_pass_at_k(acme: Tenant) -> None:
    with tenant(acme.pk):
        batch = make_batch(state="finished", repetitions=2)
        make_summary(batch=batch, **FIGURES, pass_at=[0.75, 0.9], pass_hat=[0.75, 0.6])
    assert "90.0 %, 60.0 %" in page_of(acme, batch)


def test_it_says_that_the_suite_has_moved_on(acme: Tenant, batch: Batch) -> None:
    assert "but over version 3 of the suite: this batch was of version 2" in page_of(acme, batch)


def test_it_links_to_flower_where_there_is_one(acme: Tenant, batch: Batch, knobs: Any) -> None:
    assert "Flower" not in page_of(acme, batch)
    knobs(flower_url="https://flower.example.org/")
    address = f"https://flower.example.org/tasks?name=pipeline.score_chunk%20kwargs%3A{batch.pk}"
    assert f'href="{address}"' in page_of(acme, batch, role=Role.ENGINEER)
    assert "Flower" not in page_of(acme, batch)


def test_it_leads_to_labelling_and_sharing_who_may(acme: Tenant, batch: Batch) -> None:
    label, share = f"/labels/new/?batch={batch.pk}", f"/shares/batch/{batch.pk}/"
    pages = {role: page_of(acme, batch, role=role) for role in Role}
    assert [label in pages[role] for role in (Role.VIEWER, Role.CURATOR)] == [False, True]
    assert [share in pages[role] for role in (Role.CURATOR, Role.ENGINEER)] == [False, True]


@pytest.mark.parametrize("state", BatchState.values)
def test_a_batch_without_figures_is_listed(acme: Tenant, state: str) -> None:
    with tenant(acme.pk):
        make_batch(run=make_run(name="bare"), state=state)
    assert "<bdi>bare</bdi>" in shown(acme, "/batches/")
