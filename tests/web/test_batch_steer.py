"""A batch is paused, resumed, cancelled and retried from its page, by who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_scorecard, make_suite, make_summary
from tests.web.looking import looker, shown


def made(acme: Tenant, **fields: Any) -> Batch:
    with tenant(acme.pk):
        return make_batch(suite=make_suite(name="sums"), **fields)


def steered(acme: Tenant, batch: Batch, verb: str, **fields: str) -> str:
    """What a page says after an engineer did it."""
    client = looker(acme, role=Role.ENGINEER)
    address = reverse(f"batch-{verb}", args=[batch.pk])
    answer = client.post(address, fields, follow=True)
    with tenant(acme.pk):
        batch.refresh_from_db()
    return str(answer.content.decode())


def entries(acme: Tenant) -> list[str]:
    with tenant(acme.pk):
        return list(Entry.objects.order_by("pk").values_list("action", flat=True))


def test_a_pause_stops_it_and_says_who(acme: Tenant) -> None:
    batch = made(acme)
    page = steered(acme, batch, "pause")
    assert (batch.state, batch.paused_code) == ("paused", "paused_by_hand")
    assert f"{batch.paused_reason}" in page
    assert "paused it" in batch.paused_reason
    assert entries(acme)[-1] == "batch.paused"


def test_a_pause_ends_with_a_resume(acme: Tenant) -> None:
    batch = made(acme, state="paused", paused_code="money_cap", max_cost_usd=1)
    steered(acme, batch, "resume", max_cost_usd="2.5")
    assert (batch.state, batch.epoch, float(batch.max_cost_usd or 0)) == ("running", 2, 2.5)
    assert entries(acme)[-1] == "batch.resumed"


def test_a_cap_that_is_none_is_refused(acme: Tenant) -> None:
    batch = made(acme, state="paused", paused_code="money_cap")
    assert "cap_refused" in steered(acme, batch, "resume", max_cost_usd="-1")
    assert batch.state == "paused"


def test_to_cancel_is_asked_first(acme: Tenant) -> None:
    batch = made(acme)
    asked = shown(acme, reverse("batch-cancel", args=[batch.pk]), role=Role.ENGINEER)
    assert "Cancel this batch?" in asked
    assert "Cancelled." in steered(acme, batch, "cancel")
    assert batch.state == "cancelled"


def test_what_has_no_verdict_is_tried_again(acme: Tenant) -> None:
    batch = made(acme, state="finished")
    with tenant(acme.pk):
        make_scorecard(batch=batch, status="errored", overall_score=None)
        make_summary(batch=batch, passed=0, errored=1)
    page = shown(acme, reverse("batch", args=[batch.pk]), role=Role.ENGINEER)
    assert "Try the 1 without a verdict again" in page
    steered(acme, batch, "retry")
    assert batch.state == "running"


@pytest.mark.parametrize(
    ("verb", "state", "code"),
    [
        ("pause", "finished", "batch_not_running"),
        ("resume", "finished", "batch_not_resumable"),
        ("cancel", "finished", "batch_not_running"),
        ("retry", "running", "batch_not_finished"),
    ],
)
def test_what_cannot_be_done_says_why(acme: Tenant, verb: str, state: str, code: str) -> None:
    batch = made(acme, state=state)
    assert code in steered(acme, batch, verb)
    assert batch.state == state


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "retry"])
def test_only_engineers_steer(acme: Tenant, globex: Tenant, verb: str) -> None:
    batch = made(acme)
    address = reverse(f"batch-{verb}", args=[batch.pk])
    assert looker(acme, role=Role.CURATOR).post(address).status_code == 403
    assert looker(globex, role=Role.ENGINEER).post(address).status_code == 404


def test_a_viewer_sees_no_buttons(acme: Tenant) -> None:
    page = reverse("batch", args=[made(acme).pk])
    assert "Steer the batch" not in shown(acme, page)
    assert "Steer the batch" in shown(acme, page, role=Role.ENGINEER)


@pytest.mark.parametrize("fields", [{"manifest": {"legacy": 1, "stages": []}}], ids=["imported"])
def test_what_another_system_judged_cannot_go_on(acme: Tenant, fields: dict[str, Any]) -> None:
    batch = made(acme, state="cancelled", **fields)
    page = shown(acme, reverse("batch", args=[batch.pk]), role=Role.ENGINEER)
    assert "Resume" not in page
