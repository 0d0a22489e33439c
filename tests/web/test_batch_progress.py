"""A running batch's page, as it follows the batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import (
    make_batch,
    make_chunk,
    make_revision,
    make_scorecard,
    make_step,
    make_suite,
)
from tests.web.looking import looker, shown

ASKED = {"HX-Request": "true"}


@pytest.fixture
def batch(acme: Tenant) -> Batch:
    """A batch that has scored 30 of 100 cases in 2 of 4 chunks, one of which still runs."""
    began = timezone.now() - timedelta(minutes=10)
    money = {"n_calls": 7, "spent_usd": "0.5", "booked_usd": "0.25", "max_cost_usd": 2}
    with tenant(acme.pk):
        made = make_batch(suite=make_suite(name="sums"), n_cases=100, **money)
        step = make_step(batch=made, n_cases=100, n_chunks=4, remaining=3, started_at=began)
        for number, (state, written) in enumerate([("done", 0), ("leased", 5)]):
            make_chunk(step=step, number=number, state=state, n_cases=25, n_written=written)
        revision = make_revision()
        for number, status in enumerate(("passed", "passed", "passed", "failed", "open")):
            make_scorecard(batch=made, revision=revision, repetition=number, status=status)
    return made


def asked(client: Client, batch: Batch, **headers: str) -> Any:
    address = reverse("batch-progress", args=[batch.pk])
    return client.get(address, headers={**ASKED, **headers})


def test_the_page_tells_how_far_it_is(acme: Tenant, batch: Batch) -> None:
    page = shown(acme, reverse("batch", args=[batch.pk]))
    assert "<title>Running: sums v1" in page
    assert "30 / 100" in page
    assert "75.0 %" in page  # 3 of the 4 with a verdict
    assert "30.1 % to 95.4 %, 4 cases" in page  # Wilson
    assert "1 wait for a later step" in page
    assert "$0.500" in page
    assert "$0.250 booked" in page
    assert "cap $2.00" in page
    assert "partial" in page
    assert 'hx-trigger="every 2s"' in page
    assert ">Refresh<" in page


def test_it_says_how_long_it_will_take(acme: Tenant, batch: Batch) -> None:
    # 5 scorings in the last minute: 70 cases take 14 minutes.
    assert "about 14 min left of this step" in asked(looker(acme), batch).content.decode()


def test_it_is_told_only_what_is_new(acme: Tenant, batch: Batch) -> None:
    client = looker(acme)
    first = asked(client, batch)
    assert first["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first["ETag"]}
    assert asked(client, batch, **known).status_code == 304
    with tenant(acme.pk):
        Batch.objects.filter(pk=batch.pk).update(n_calls=8)
    assert asked(client, batch, **known).status_code == 200


@pytest.mark.parametrize("state", ["finished", "paused", "cancelled"])
def test_once_it_is_over_the_page_shows_itself_anew(acme: Tenant, batch: Batch, state: str) -> None:
    with tenant(acme.pk):
        Batch.objects.filter(pk=batch.pk).update(state=state, paused_code="x")
    answer = asked(looker(acme), batch)
    assert (answer.status_code, answer["HX-Refresh"]) == (286, "true")
    assert 'hx-trigger="every' not in shown(acme, reverse("batch", args=[batch.pk]))


def test_without_scripts_the_address_leads_to_the_page(acme: Tenant, batch: Batch) -> None:
    answer = looker(acme).get(reverse("batch-progress", args=[batch.pk]))
    assert answer["Location"] == reverse("batch", args=[batch.pk])
    assert "no-store" in answer["Cache-Control"]


def test_another_tenant_finds_nothing(globex: Tenant, batch: Batch) -> None:
    assert asked(looker(globex), batch).status_code == 404


def test_who_is_not_signed_in_is_sent_on(batch: Batch) -> None:
    assert asked(Client(), batch).status_code == 302
