"""Experiments in the browser: the list, one of them, and its results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.experiments.decide import decide
from evalsite.experiments.declare import declaration_of
from evalsite.experiments.models import Experiment
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.experiments.groups import fill, fill_scores, graded
from tests.factories import make_arm, make_batch, make_decision, make_experiment, make_result
from tests.web.looking import looker, shown

LIST = "/experiments/"


@pytest.fixture
def prompt(acme: Tenant) -> Iterator[Experiment]:
    """An open experiment without results."""
    with tenant(acme.pk):
        yield make_experiment(name="prompt", planned_cases=200)


def page_of(of: Tenant, experiment: Experiment, **query: Any) -> str:
    return shown(of, f"/experiments/{experiment.pk}/", **query)


def test_an_empty_list_says_what_to_do(acme: Tenant) -> None:
    page = shown(acme, LIST)
    assert "There is no experiment yet" in page
    assert "createexperiment" in page
    assert 'href="/experiments/" aria-current="page"' in page


def test_the_list_shows_the_newest_verdict(acme: Tenant, prompt: Experiment) -> None:
    declared = {"experiment": prompt, "declaration": declaration_of(prompt)}
    make_decision(**declared, verdict="needs_review", more_cases=90)
    make_decision(**declared, verdict="deploy", effect=0.02, n_pairs=20, more_cases=0)
    page = shown(acme, LIST)
    assert '<span class="chip chip--deploy">deploy</span>' in page
    assert "chip--needs_review" not in page
    assert "score of the variant is not worse by 5 points or more" in page


def test_the_list_is_filtered_by_state_and_name(acme: Tenant, prompt: Experiment) -> None:
    make_experiment(name="over", state="closed")
    assert ">prompt</a>" not in shown(acme, LIST, state="closed")
    assert ">over</a>" in shown(acme, LIST, state="closed")
    assert ">over</a>" not in shown(acme, LIST, name="PROM")
    assert "No experiment fits" in shown(acme, LIST, state="decided")


def test_the_list_goes_on_where_the_page_ended(acme: Tenant, prompt: Experiment) -> None:
    for _ in range(50):
        make_experiment()
    first = shown(acme, LIST, state="open")
    assert first.count("<tr data-row>") == 50
    assert "state=open" in first.partition('rel="next"')[0].rpartition("href=")[2]
    after = first.partition("after=")[2].partition('"')[0].replace("%3D", "=")
    assert ">prompt</a>" in shown(acme, LIST, after=after)


def test_without_results_it_shows_what_was_declared(acme: Tenant, prompt: Experiment) -> None:
    page = page_of(acme, prompt)
    assert "<title>Not decided: prompt" in page
    assert "May still change" in page
    assert "<dt>Margin</dt><dd>5 points</dd>" in page
    assert "Nothing was recorded of 200 planned tasks" in page


def test_a_better_variant_is_to_be_deployed(acme: Tenant, prompt: Experiment) -> None:
    fill_scores(prompt, graded(1, n=60), graded(1, n=60, shift=0.05))
    made = decide(prompt, actor="ann")
    page = page_of(acme, prompt)
    assert "<title>Deploy: prompt" in page
    assert f"<dt>Wins</dt><dd>{made.wins} " in page
    assert "what was claimed is shown" in page
    assert "by ann" in page
    assert page.count("chart--forest") == 2
    assert "chart__margin" in page


def test_an_open_question_says_how_many_cases_settle_it(acme: Tenant, prompt: Experiment) -> None:
    fill_scores(prompt, graded(1, n=30, spread=0.3), graded(2, n=30, shift=0.02, spread=0.3))
    made = decide(prompt)
    assert made.more_cases
    page = page_of(acme, prompt)
    assert f"About {made.more_cases:,} more tasks would settle it" in page
    assert "<title>Needs review: prompt" in page


def test_too_few_pairs_say_what_a_test_needs(acme: Tenant, prompt: Experiment) -> None:
    fill_scores(prompt, [0.5] * 10, [0.6] * 10)
    decide(prompt)
    assert "A test needs 5 more tasks in pairs" in page_of(acme, prompt)


def test_progress_counts_what_is_there(acme: Tenant, prompt: Experiment) -> None:
    fill_scores(prompt, [0.5, 0.6, None], [])
    page = page_of(acme, prompt)
    assert 'aria-label="3 of 200 planned tasks"' in page
    assert '<td class="text">baseline</td><td>3</td>' in page
    assert "<td>3</td><td>1</td>" in page


def test_results_after_a_decision_are_told(acme: Tenant, prompt: Experiment) -> None:
    fill_scores(prompt, [0.5] * 10, [0.6] * 10)
    decide(prompt)
    assert "Results came since" not in page_of(acme, prompt)
    make_result(experiment=prompt)
    assert "Results came since" in page_of(acme, prompt)


@pytest.mark.parametrize(
    ("guard", "limit", "answer"),
    [
        ({"max_slower": 0.1}, "10 %", '<td class="text is-failed">harmed</td>'),
        ({"max_slower": 0.9}, "90 %", '<td class="text">no harm shown</td>'),
        ({"max_dearer": 0.2}, "20 %", '<td class="text">not measured</td>'),
    ],
)
def test_guards_say_what_they_found(
    acme: Tenant, guard: dict[str, float], limit: str, answer: str
) -> None:
    with tenant(acme.pk):
        guarded = make_experiment(**guard)
        for group, latency in (("baseline", 100.0), ("variant", 150.0)):
            scores = enumerate(graded(1, n=40))
            rows = [{"score": score, "latency_ms": latency + n} for n, score in scores]
            fill(guarded, group, rows)
        decide(guarded)
    page = page_of(acme, guarded)
    assert f"<td>by at most {limit}</td>" in page
    assert answer in page


def test_arms_show_their_looks(acme: Tenant, prompt: Experiment) -> None:
    batch = make_batch(n_cases=50)
    make_arm(experiment=prompt, batch=batch, n_looks=4, n_seen=30, n_pairs=28, low=0.01, high=0.09)
    page = page_of(acme, prompt)
    assert f'href="/batches/{batch.pk}/"' in page
    assert "<td>4</td><td>30 of 50</td><td>28</td><td>+1.0 to +9.0</td>" in page


def test_a_decision_is_made_by_a_button(acme: Tenant, prompt: Experiment) -> None:
    fill_scores(prompt, graded(1, n=60), graded(1, n=60, shift=0.05))
    client = looker(acme, role=Role.ENGINEER)
    assert ">Decide</button>" in client.get(f"/experiments/{prompt.pk}/").content.decode()
    answer = client.post(f"/experiments/{prompt.pk}/decide/", follow=True)
    assert "Decided: deploy." in answer.content.decode()
    assert ">Decide</button>" not in answer.content.decode()


def test_an_experiment_is_closed_by_a_button(acme: Tenant, prompt: Experiment) -> None:
    answer = looker(acme, role=Role.ENGINEER).post(f"/experiments/{prompt.pk}/close/")
    assert answer["Location"] == f"/experiments/{prompt.pk}/"
    prompt.refresh_from_db()
    assert prompt.state == "closed"


@pytest.mark.parametrize("act", ["decide", "close"])
def test_a_viewer_may_look_only(acme: Tenant, prompt: Experiment, act: str) -> None:
    client = looker(acme)
    assert "Close without" not in client.get(f"/experiments/{prompt.pk}/").content.decode()
    assert client.post(f"/experiments/{prompt.pk}/{act}/").status_code == 403


def test_results_are_listed_task_by_task(acme: Tenant, prompt: Experiment) -> None:
    make_result(experiment=prompt, task="t1", score=0.5, metadata={"seed": 7})
    make_result(experiment=prompt, task="t2", score=None, success=None, reason="no answer")
    page = shown(acme, f"/experiments/{prompt.pk}/results/")
    assert "unscored: no answer" in page
    assert "seed: 7" in page
    assert ">t1<" not in shown(acme, f"/experiments/{prompt.pk}/results/", task="t2")


def queries(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_many_rows_take_no_more_queries(acme: Tenant, prompt: Experiment) -> None:
    client, one = looker(acme), f"/experiments/{prompt.pk}/"
    pages = (LIST, one, f"{one}results/")
    add_rows(prompt)
    few = [queries(client, address) for address in pages]
    for _ in range(4):
        add_rows(make_experiment())
        add_rows(prompt)
    assert [queries(client, address) for address in pages] == few


def add_rows(experiment: Experiment) -> None:
    make_result(experiment=experiment)
    make_arm(experiment=experiment)
    make_decision(experiment=experiment, declaration=declaration_of(experiment))


@pytest.mark.parametrize("query", [{"state": "x"}, {"after": "x"}, {"name": "\0"}], ids=str)
def test_what_the_list_does_not_offer_is_not_found(acme: Tenant, query: dict[str, str]) -> None:
    assert looker(acme).get(LIST, query).status_code == 404


@pytest.mark.parametrize("rest", ["", "results/"])
def test_another_tenant_finds_nothing(globex: Tenant, prompt: Experiment, rest: str) -> None:
    client = looker(globex, role=Role.ENGINEER)
    assert client.get(f"/experiments/{prompt.pk}/{rest}").status_code == 404
    assert "prompt" not in client.get(LIST).content.decode()
    assert client.post(f"/experiments/{prompt.pk}/close/").status_code == 404
