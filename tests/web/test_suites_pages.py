"""The list of suites, and one suite."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.cases.models import Suite
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import (
    make_batch,
    make_case,
    make_comparison,
    make_regression,
    make_run,
    make_suite,
    make_summary,
)
from tests.web.looking import looker, shown


@pytest.fixture
def suite(acme: Tenant) -> Suite:
    """Three cases, one of them a draft, and a batch that regressed."""
    with tenant(acme.pk):
        suite = make_suite(name="capitals", description="Which city rules", version=7)
        make_case(suite=suite, category="europe", tags=["easy", "short"])
        make_case(suite=suite, category="asia", tags=["easy"])
        make_case(suite=suite, category="asia", tags=["hidden"], state="draft")
        regressed(suite, "capitals-2")
    return suite


def regressed(suite: Suite, run: str) -> None:
    """A finished batch of the suite, worse than the one before."""
    batch = make_batch(suite=suite, run=make_run(name=run), state="finished", n_cases=1200)
    figures = {"pass_rate": 0.77, "pass_low": 0.7, "pass_high": 0.82}
    make_summary(batch=batch, n=1200, unscored=12, errored=6, **figures)
    comparison = make_comparison(batch=batch)
    make_regression(comparison=comparison, effect=-0.13)


@pytest.mark.usefixtures("suite")
def test_the_list_tells_cases_and_verdict(acme: Tenant) -> None:
    page = shown(acme, "/suites/")
    assert "Which city rules" in page
    assert 'data-head="Active">2<' in page
    assert 'data-head="Draft">1<' in page
    assert "regressed</a>" in page


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ({"q": "CAPIT"}, True),
        ({"q": "city"}, True),
        ({"q": "rivers"}, False),
        ({"pack": "exact"}, True),
        ({"pack": "rag"}, False),
        ({"q": "\0"}, True),
    ],
    ids=str,
)
def test_it_finds_by_name_description_and_pack(query: Any, finds: bool, acme: Tenant) -> None:
    page = shown(acme, "/suites/", **query)
    assert ('href="/suites/capitals/"' in page) is finds
    assert ("No suite fits" in page) is not finds


@pytest.mark.usefixtures("suite")
def test_what_was_asked_stays_in_the_form(acme: Tenant) -> None:
    page = shown(acme, "/suites/", q="cap", pack="exact")
    assert 'name="q" value="cap"' in page
    assert "<option selected>exact</option>" in page
    assert "<title>Suites: cap" in page


def test_a_tenant_without_suites_is_told_how_to_begin(acme: Tenant) -> None:
    page = shown(acme, "/suites/", role=Role.CURATOR)
    assert "importcases FILE --suite NAME" in page
    assert 'href="/suites/new/"' in page


@pytest.mark.usefixtures("suite")
def test_only_who_may_is_offered_to_change(acme: Tenant) -> None:
    viewer, curator = (
        shown(acme, "/suites/capitals/", role=r) for r in (Role.VIEWER, Role.CURATOR)
    )
    assert "/suites/capitals/import/" not in viewer
    assert "/suites/capitals/import/" in curator
    assert "/batches/start/" not in curator
    assert "/batches/start/?suite=capitals" in shown(acme, "/suites/capitals/", role=Role.ENGINEER)


@pytest.mark.usefixtures("suite")
def test_a_suite_says_its_verdict_and_figures(acme: Tenant) -> None:
    page = shown(acme, "/suites/capitals/")
    assert "<title>Regressed: capitals" in page
    assert "n 1,200" in page
    assert "70.0 % to 82.0 %" in page
    assert '1.5 % <span class="muted small">18 of 1,200' in page
    assert "-13.0 points" in page


@pytest.mark.usefixtures("suite")
def test_its_cases_are_counted_and_linked(acme: Tenant) -> None:
    page = shown(acme, "/suites/capitals/")
    assert "3 cases" in page
    assert 'cases/?state=draft">draft 1</a>' in page
    assert 'cases/?category=asia">asia 1</a>' in page
    assert 'cases/?tag=easy">easy 2</a>' in page
    assert "hidden" not in page.partition("Tags of active cases")[2].partition("</ul>")[0]


@pytest.mark.usefixtures("suite")
def test_its_commands_can_be_copied(acme: Tenant) -> None:
    page = shown(acme, "/suites/capitals/")
    assert 'data-copy="#command-batch"' in page
    command = page.partition('id="command-batch">')[2].partition("</pre>")[0]
    assert "--suite capitals --run capitals-2 --tenant acme" in command


def test_batches_in_any_state_are_shown_with_what_is_known(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite(name="capitals")
        make_batch(suite=suite, state="paused", selection={"limit": 1})
        for _ in range(10):
            make_batch(suite=suite)
    page = shown(acme, "/suites/capitals/")
    assert page.count("chip--running") == 10
    assert "chip--paused" not in page
    assert "/batches/?suite=capitals" in page


def test_an_empty_suite_says_what_comes_first(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_suite(name="capitals")
    page = shown(acme, "/suites/capitals/")
    assert "No case yet" in page
    assert "Cases come first" in page


@pytest.mark.usefixtures("suite")
def test_another_tenant_finds_nothing(globex: Tenant) -> None:
    assert looker(globex).get("/suites/capitals/").status_code == 404
    assert "capitals" not in shown(globex, "/suites/")


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize("address", ["/suites/", "/suites/capitals/"])
def test_it_asks_as_much_of_many_as_of_one(address: str, suite: Suite, acme: Tenant) -> None:
    client = looker(acme)
    asked = []
    for more in range(2):
        with tenant(acme.pk):
            for number in range(4 * more):
                regressed(suite, f"more-{number}")
                make_case(suite=make_suite(), tags=[f"tag-{number}"])
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 16


def test_the_list_goes_on_and_keeps_its_filter(acme: Tenant) -> None:
    with tenant(acme.pk):
        for number in range(52):
            make_suite(name=f"suite-{number:02}")
    first = shown(acme, "/suites/", q="suite")
    assert "?q=suite&amp;after=" in first
    after = first.partition("after=")[2].partition('"')[0].replace("%3D", "=")
    assert shown(acme, "/suites/", q="suite", after=after).count('role="rowheader"') == 2
