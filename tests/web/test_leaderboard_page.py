"""A suite's leaderboard in the browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.leaderboard.rank import rank
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite
from tests.leaderboard.stood import board_of, system
from tests.tenant_rows import make_user


@pytest.fixture
def suite(acme: Tenant) -> Suite:
    """A board of two systems that differ and one that is tied with both."""
    with tenant(acme.pk):
        suite = make_suite(name="sums")
        system(suite, "best", "P" * 60)
        system(suite, "near", "P" * 55 + "F" * 5)
        system(suite, "far", "P" * 50 + "F" * 10)
        rank(board_of(suite).pk)
    return suite


def asked(of: Tenant, suite: str = "sums", **query: Any) -> Any:
    person, client = make_user(), Client()
    with tenant(of.pk):
        admit(person, role=Role.VIEWER)
    client.force_login(person)
    return client.get(reverse("leaderboard", args=[suite]), query)


def page_of(of: Tenant, **query: Any) -> str:
    return str(asked(of, **query).content.decode())


@pytest.mark.usefixtures("suite")
def test_it_shows_ranks_intervals_and_ties(acme: Tenant) -> None:
    page = page_of(acme)
    assert "<td>2</td><td>1 to 3</td><td>a b</td>" in page
    assert page.index(">best<") < page.index(">near<") < page.index(">far<")
    assert "91.7 %" in page
    assert "common letter" in page


@pytest.mark.usefixtures("suite")
def test_it_says_who_leads_and_draws_the_ranks(acme: Tenant) -> None:
    page = page_of(acme)
    assert "<title>best is first, but not alone: sums" in page
    assert "It may have any rank to 2" in page
    assert 'aria-label="near: rank 2, may be 1 to 3, ties a b"' in page
    assert page.count("chart--bar") == 3
    assert "is first" not in page_of(acme, target="best")


@pytest.mark.usefixtures("suite")
def test_two_systems_are_chosen_to_compare(acme: Tenant) -> None:
    page = page_of(acme)
    assert '<form method="get" action="/compare/">' in page
    chosen = re.findall(r'name="(\w+)" value="([^"]+)" aria-label="([^"]+)" checked', page)
    with tenant(acme.pk):
        batches = {batch.run.name: str(batch.pk) for batch in Batch.objects.all()}
    assert chosen == [
        ("batch", batches["best"], "Compare best"),
        ("baseline", batches["near"], "with near"),
    ]


@pytest.mark.usefixtures("suite")
def test_it_can_be_filtered(acme: Tenant) -> None:
    page = page_of(acme, target="far", by="version", metric="score", days="7")
    assert ">far<" in page
    assert ">best<" not in page
    assert "3 versions by score" in page


def test_it_goes_on_where_the_page_ended(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        for number in range(50):
            system(suite, f"more-{number}", "F" * 20)
    first = page_of(acme, metric="pass_rate")
    assert first.count('<th scope="row">') == 50
    after = first.partition("after=")[2].partition('"')[0].replace("%3D", "=")
    second = page_of(acme, after=after)
    assert second.count('<th scope="row">') == 3
    assert "First page" in second
    assert 'rel="next"' not in second


def test_other_boards_are_a_link_away(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        old = board_of(suite).digest
        system(suite, "later", "P" * 20, suite_version=2)
    page = page_of(acme)
    assert f"?board={old}" in page
    assert ">best<" not in page
    assert ">best<" in page_of(acme, board=old)


def test_a_suite_without_a_batch_says_so(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_suite(name="sums")
    assert "No batch of this suite has finished" in page_of(acme)


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize(
    "query",
    [
        *({"after": "x"}, {"by": "x"}, {"metric": "x"}, {"board": "x"}, {"days": "x"}),
        *({"days": "0"}, {"board": "\0"}, {"target": "\0"}),
    ],
    ids=str,
)
def test_what_there_is_not_is_not_found(acme: Tenant, query: dict[str, str]) -> None:
    assert asked(acme, **query).status_code == 404


@pytest.mark.usefixtures("suite")
def test_another_tenant_finds_nothing(globex: Tenant) -> None:
    assert asked(globex).status_code == 404
