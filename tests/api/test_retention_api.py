"""Retention over the API: the policy, what is held, and what was purged."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from evalsite.retention.models import Hold, Receipt
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post, refusal
from tests.factories import make_suite

FOR_GOOD = dict.fromkeys(("outputs", "judge_texts", "replies", "scorecards", "results", "audit"))
WHY = {"reason": "case 2026-114"}


def unset(client: Client, address: str) -> int:
    """Send DELETE; answers the status."""
    return client.delete(f"/api/v1/{address}").status_code


@pytest.fixture
def held(acme: Tenant) -> Hold:
    """A hold of all of Acme."""
    with tenant(acme.pk):
        return Hold.objects.create(reason="why")


def test_all_is_kept_until_a_policy_says_otherwise(api: Client) -> None:
    assert get(api, "retention").json() == FOR_GOOD
    assert patch(api, "retention", {"outputs": 90}).json() == {**FOR_GOOD, "outputs": 90}
    assert patch(api, "retention", {"audit": 400}).json()["outputs"] == 90
    assert patch(api, "retention", {"outputs": None}).json()["outputs"] is None


@pytest.mark.parametrize("body", [{"outputs": 0}, {"outputs": "9"}, {"cases": 9}, {"audit": 10**9}])
def test_a_bad_policy_is_refused(api: Client, body: dict[str, Any]) -> None:
    assert refusal(patch(api, "retention", body)) == "invalid"


def test_a_suite_is_held_and_released(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
    made = post(api, "retention/holds", {**WHY, "suite": str(suite.pk)})
    assert (made.status_code, made.json()["suite"], made.json()["batch"]) == (
        201,
        str(suite.pk),
        None,
    )
    assert get(api, "retention/holds", suite=suite.pk).json()["results"] == [made.json()]
    assert made.headers["Location"].endswith(f"retention/holds/{made.json()['id']}")
    assert unset(api, f"retention/holds/{made.json()['id']}") == 204
    assert get(api, "retention/holds").json()["results"] == []


def test_all_is_held_where_nothing_is_named(api: Client) -> None:
    assert post(api, "retention/holds", WHY).json()["placed_by"] == "key owner-key"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {**WHY, "placed_by": "x"}])
def test_a_bad_hold_is_refused(api: Client, body: dict[str, Any]) -> None:
    assert refusal(post(api, "retention/holds", body)) == "invalid"


def test_a_hold_is_of_one_thing_of_ones_own(api: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        theirs = str(make_suite().pk)
    assert post(api, "retention/holds", {**WHY, "suite": theirs}).status_code == 404
    two = {**WHY, "suite": theirs, "run": theirs}
    assert refusal(post(api, "retention/holds", two)) == "invalid"


def test_what_was_purged_has_a_receipt(api: Client, stranger: Client, acme: Tenant) -> None:
    now = timezone.now()
    with tenant(acme.pk):
        Receipt.objects.create(
            kind="outputs", cutoff=now, n=7, n_bytes=70, digest="0", started_at=now
        )
    (told,) = get(api, "retention/receipts", kind="outputs").json()["results"]
    assert (told["n"], told["n_bytes"]) == (7, 70)
    assert get(api, f"retention/receipts/{told['id']}").json() == told
    assert get(stranger, f"retention/receipts/{told['id']}").status_code == 404


def test_an_admin_looks_and_only_an_owner_changes(acme: Tenant, held: Hold) -> None:
    admin = asker(acme, role=Role.ADMIN)
    assert get(admin, f"retention/holds/{held.pk}").status_code == 200
    assert patch(admin, "retention", {"outputs": 1}).status_code == 403
    assert post(admin, "retention/holds", WHY).status_code == 403
    assert unset(admin, f"retention/holds/{held.pk}") == 403
    assert get(asker(acme, role=Role.ENGINEER), "retention").status_code == 403


def test_another_tenant_releases_nothing(stranger: Client, held: Hold) -> None:
    assert get(stranger, f"retention/holds/{held.pk}").status_code == 404
    assert unset(stranger, f"retention/holds/{held.pk}") == 404
    assert patch(stranger, "retention", {"outputs": 1}).json()["outputs"] == 1
