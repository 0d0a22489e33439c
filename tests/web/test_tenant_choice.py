"""Signing in, choosing a tenant, and what the admin then shows."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_case, make_scorecard, make_suite, make_summary
from tests.tenant_rows import make_user


def member(of: Tenant, *, role: Role = Role.CURATOR) -> User:
    user = make_user()
    with tenant(of.pk):
        admit(user, role=role)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice(acme: Tenant) -> Client:
    """A curator of Acme, signed in."""
    return signed_in(member(acme))


@pytest.fixture
def carol(globex: Tenant) -> Client:
    """A curator of Globex, signed in."""
    return signed_in(member(globex))


def test_who_is_not_signed_in_is_asked_to(db: None) -> None:
    assert Client().get("/").url == "/signin/?next=/"  # type: ignore[attr-defined]


def test_the_only_tenant_needs_no_choice(alice: Client) -> None:
    page = alice.get("/admin/")
    assert page.status_code == 200
    assert "Acme" in page.content.decode()


def test_with_two_tenants_one_is_chosen(acme: Tenant, globex: Tenant) -> None:
    user = member(acme)
    with tenant(globex.pk):
        admit(user, role=Role.VIEWER)
    client = signed_in(user)
    assert client.get("/admin/").url == "/tenant/"  # type: ignore[attr-defined]
    client.post("/tenant/", {"tenant": globex.pk})
    assert "Globex" in client.get("/admin/").content.decode()


def test_a_foreign_tenant_cannot_be_entered(alice: Client, globex: Tenant) -> None:
    assert alice.post("/tenant/", {"tenant": globex.pk}).status_code == 404
    assert "Globex" not in alice.get("/admin/").content.decode()


def test_a_superuser_must_pick_and_the_switch_is_audited(acme: Tenant) -> None:
    root = User.objects.create_superuser("root")
    client = signed_in(root)
    assert client.get("/admin/").url == "/tenant/"  # type: ignore[attr-defined]
    client.post("/tenant/", {"tenant": acme.pk})
    assert client.get("/admin/").status_code == 200
    with tenant(acme.pk):
        entry = Entry.objects.get(action="tenant.entered")
    assert (entry.actor, entry.details) == ("root", {"superuser": True})


def test_a_closed_tenant_is_left(acme: Tenant, alice: Client) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert alice.get("/admin/").url == "/tenant/"  # type: ignore[attr-defined]


def test_a_membership_that_ended_closes_the_door(acme: Tenant, globex: Tenant) -> None:
    user = member(acme)
    client = signed_in(user)
    client.post("/tenant/", {"tenant": acme.pk})
    with tenant(acme.pk):
        Membership.objects.all().delete()
    assert client.get("/admin/cases/suite/").status_code == 302


PAGES = [
    "cases/suite", "cases/testcase", "targets/target", "targets/run", "targets/output",
    "batches/batch", "batches/step", "batches/chunk", "scoring/scorecard", "summaries/summary",
    "regressions/regression", "alerts/alert", "alerts/subscription",
    "pipeline/outboxmessage",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_list_opens_for_a_curator(page: str, alice: Client) -> None:
    assert alice.get(f"/admin/{page}/").status_code == 200


def test_the_audit_trail_opens_for_an_admin_only(acme: Tenant, alice: Client) -> None:
    owner = signed_in(member(acme, role=Role.ADMIN))
    answers = [client.get("/admin/audit/entry/").status_code for client in (alice, owner)]
    assert answers == [403, 200]


def test_another_tenant_sees_no_trace(acme: Tenant, carol: Client) -> None:
    with tenant(acme.pk):
        case = make_case(suite=make_suite(name="secret-suite"), key="secret-case")
        make_scorecard()
    for page in PAGES:
        assert b"secret" not in carol.get(f"/admin/{page}/").content
    assert carol.get(f"/admin/cases/testcase/{case.pk}/change/").status_code == 302
    assert b"secret-case" not in carol.get("/admin/cases/testcase/?q=secre").content


def test_a_viewer_cannot_change(acme: Tenant) -> None:
    client = signed_in(member(acme, role=Role.VIEWER))
    assert client.get("/admin/cases/testcase/add/").status_code == 403


@pytest.mark.parametrize("page", ["auth/user", "auth/group"])
def test_people_of_the_platform_are_hidden_from_members(page: str, alice: Client) -> None:
    assert alice.get(f"/admin/{page}/").status_code == 403


def test_djangos_own_log_is_never_written(alice: Client, acme: Tenant) -> None:
    form = {"email": "alice@example.org", "kinds": ["regression"], "delivery": "now", "suite": ""}
    client = signed_in(member(acme, role=Role.ADMIN))
    assert client.post("/admin/alerts/subscription/add/", form).status_code == 302
    assert not LogEntry.objects.exists()
    with tenant(acme.pk):
        assert Entry.objects.filter(action="subscription.added").count() == 1


def test_a_batch_has_a_page(alice: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        batch = make_batch(state="finished")
        make_summary(batch=batch, pass_rate=0.925, pass_low=0.9, pass_high=0.95)
    page = alice.get(f"/batches/{batch.pk}/").content.decode()
    assert "92.5 %" in page
    assert "90.0 % to 95.0 %" in page


def test_another_tenants_batch_is_not_there(acme: Tenant, carol: Client) -> None:
    with tenant(acme.pk):
        batch = make_batch()
    assert carol.get(f"/batches/{batch.pk}/").status_code == 404


def test_a_batch_that_is_not_scored_yet_says_so(alice: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        batch = make_batch()
    assert "Nothing has begun yet" in alice.get(f"/batches/{batch.pk}/").content.decode()
