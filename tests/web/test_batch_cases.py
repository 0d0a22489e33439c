"""The table of a batch's cases: its filters are in the address."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_case, make_revision, make_scorecard, make_suite
from tests.web.looking import looker, shown


def judge(batch: Batch, key: str, status: str) -> None:
    """A case of the batch that came to a verdict."""
    revision = make_revision(case=make_case(suite=batch.suite, key=key))
    score = {"passed": 1.0, "failed": 0.0}.get(status)
    stages = {"exact": {"status": status, "score": score}}
    make_scorecard(
        batch=batch, revision=revision, status=status, overall_score=score, stages=stages
    )


@pytest.fixture
def batch(acme: Tenant) -> Batch:
    with tenant(acme.pk):
        made = make_batch(suite=make_suite(name="sums"), state="finished", n_cases=60)
        for key, status in (("one", "passed"), ("two", "failed"), ("three", "unscored")):
            judge(made, key, status)
    return made


def page_of(of: Tenant, batch: Batch, **query: Any) -> str:
    return shown(of, reverse("batch", args=[batch.pk]), **query)


def test_it_shows_each_case_with_its_marks(acme: Tenant, batch: Batch) -> None:
    page = page_of(acme, batch)
    assert [f"<bdi>{key}</bdi>" in page for key in ("one", "two", "three")] == [True] * 3
    assert 'title="exact: failed, 0.00">F<' in page
    assert page.count("data-row>") == 3


def test_filters_are_in_the_address_and_in_the_links(acme: Tenant, batch: Batch) -> None:
    page = page_of(acme, batch, status="failed", q="tw")
    assert "<bdi>two</bdi>" in page
    assert "<bdi>one</bdi>" not in page
    assert "/?status=failed&amp;q=tw" in page


def test_a_filter_that_is_unclear_says_so(acme: Tenant, batch: Batch) -> None:
    page = page_of(acme, batch, stage_status="failed")
    assert "filter_unclear" in page
    assert "data-row>" not in page


def test_a_script_gets_only_the_cases(acme: Tenant, batch: Batch) -> None:
    client, address = looker(acme), reverse("batch", args=[batch.pk])
    asked = {"HX-Request": "true", "HX-Target": "cases"}
    part = client.get(address, headers=asked).content.decode()
    assert part.lstrip().startswith('<section id="cases"')
    restored = client.get(address, headers={**asked, "HX-History-Restore-Request": "true"})
    assert b"<html" in restored.content


def test_it_goes_on_where_a_page_ended(acme: Tenant, batch: Batch) -> None:
    with tenant(acme.pk):
        for number in range(50):
            judge(batch, f"more-{number}", "passed")
    first = page_of(acme, batch, order="weakest")
    assert first.count("data-row>") == 50
    after = first.partition("after=")[2].partition("#")[0].replace("%3D", "=")
    second = page_of(acme, batch, order="weakest", after=after)
    assert second.count("data-row>") == 3
    assert "<bdi>three</bdi>" in second  # no score stands at the end
    cards = [part.split('"')[0] for part in second.split('data-row-link href="')[1:]]
    assert all("after=" in card for card in cards)
    card = shown(acme, cards[0].replace("&amp;", "&"))
    back = card.partition('">Back to the list')[0].rpartition('href="')[2]
    assert "after=" in back


def test_queries_do_not_grow_with_the_cases(acme: Tenant, batch: Batch) -> None:
    client, address = looker(acme), reverse("batch", args=[batch.pk])
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    with tenant(acme.pk):
        for number in range(20):
            judge(batch, f"more-{number}", "failed")
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_a_purged_batch_says_so(acme: Tenant, batch: Batch) -> None:
    with tenant(acme.pk):
        Batch.objects.filter(pk=batch.pk).update(cards_purged_at=timezone.now())
    page = page_of(acme, batch)
    assert "The scorecards of this batch were purged" in page
    assert "data-row>" not in page


def test_another_tenant_finds_nothing(globex: Tenant, batch: Batch) -> None:
    assert looker(globex).get(reverse("batch", args=[batch.pk])).status_code == 404
