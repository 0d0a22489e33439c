from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.models import Shift, ShiftState
from tests.tenant_rows import make_membership, make_user
from tests.trend_rows import make_shift, make_watch


def signed_in(owner: Tenant, role: Role) -> Client:
    with tenant(owner.pk):
        user: User = make_user(is_staff=True)
        make_membership(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def mark_seen(client: Client, shift: Shift) -> None:
    chosen = {"action": "mark_as_seen", "_selected_action": [str(shift.pk)]}
    client.post(reverse("admin:trends_shift_changelist"), chosen)
    with tenant(shift.tenant.pk):
        shift.refresh_from_db()


@pytest.mark.parametrize(
    ("role", "state"), [(Role.ENGINEER, ShiftState.SEEN), (Role.VIEWER, ShiftState.OPEN)]
)
def test_an_engineer_takes_note_of_a_shift(acme: Tenant, role: Role, state: ShiftState) -> None:
    client = signed_in(acme, role)
    with tenant(acme.pk):
        shift = make_shift()
    mark_seen(client, shift)
    assert shift.state == state
    with tenant(acme.pk):
        assert Entry.objects.filter(action="shift.seen").exists() is (state == ShiftState.SEEN)


def test_a_shift_is_changed_by_nobody(acme: Tenant) -> None:
    client = signed_in(acme, Role.OWNER)
    with tenant(acme.pk):
        shift = make_shift()
    page = reverse("admin:trends_shift_change", args=[shift.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"before": "0.1"}).status_code == 403


def test_the_lists_show_what_there_is(acme: Tenant) -> None:
    client = signed_in(acme, Role.VIEWER)
    with tenant(acme.pk):
        shift, watched = make_shift(), make_watch()
    assert str(shift.suite) in client.get(reverse("admin:trends_shift_changelist")).text
    assert str(watched.target) in client.get(reverse("admin:trends_watch_changelist")).text


def test_another_tenants_shift_is_not_marked(acme: Tenant, globex: Tenant) -> None:
    client = signed_in(acme, Role.OWNER)
    with tenant(globex.pk):
        shift = make_shift()
    mark_seen(client, shift)
    assert shift.state == ShiftState.OPEN
