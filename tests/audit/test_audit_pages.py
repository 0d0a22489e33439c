"""The audit trail in the admin, and the way there from what it tells of."""

from __future__ import annotations

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.cases.models import Suite
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite
from tests.people.joined import member, signed_in


@pytest.fixture
def admin(acme: Tenant) -> Client:
    """An admin of Acme, whose sign-in is in the trail."""
    return signed_in(acme, Role.ADMIN)


def test_an_entry_tells_the_second(admin: Client, acme: Tenant) -> None:
    admin.post("/admin/cases/suite/add/", {"name": "sums", "pack": "exact"})
    with tenant(acme.pk):
        entry = Entry.objects.get(action="suite.added")
    second = f"{entry.recorded_at:%Y-%m-%d %H:%M:%S}"
    assert second in admin.get("/admin/audit/entry/").content.decode()
    assert second in admin.get(f"/admin/audit/entry/{entry.pk}/change/").content.decode()


def test_the_history_of_a_member_is_found_by_name(admin: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        one = member(Role.VIEWER)
    page = admin.get(f"/admin/tenants/membership/{one.pk}/history/").content.decode()
    assert f"/admin/audit/entry/?q={one.user}" in page


def test_the_history_of_a_row_is_in_the_trail(admin: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        suite: Suite = make_suite()
    page = admin.get(f"/admin/cases/suite/{suite.pk}/history/").content.decode()
    assert f"/admin/audit/entry/?q={suite.pk}" in page
