"""A person pins a baseline, and the trail says who."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.regressions.models import Baseline
from evalsite.regressions.pin import BaselineUnfinished, pin, unpin
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.factories import make_batch
from tests.tenant_rows import make_membership, make_user

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


@pytest.mark.usefixtures("as_acme")
def test_a_pin_takes_the_place_of_the_one_before() -> None:
    first = make_batch(state="finished")
    second = make_batch(state="finished", suite=first.suite, run=first.run)
    pin(first, actor="alice")
    pin(second, note="release 2", actor="bob")
    pinned = Baseline.objects.get()
    assert (pinned.batch, pinned.note, pinned.pinned_by) == (second, "release 2", "bob")
    told = Entry.objects.filter(action="baseline.pinned").order_by("recorded_at")
    assert [entry.actor for entry in told] == ["alice", "bob"]
    assert [(entry.before or {}).get("batch_id") for entry in told] == [None, str(first.pk)]
    assert told[1].after == {"batch_id": str(second.pk), "note": "release 2"}


@pytest.mark.usefixtures("as_acme")
def test_an_unfinished_batch_is_no_baseline() -> None:
    with pytest.raises(BaselineUnfinished):
        pin(make_batch())


@pytest.mark.usefixtures("as_acme")
def test_taking_a_pin_out_is_told() -> None:
    unpin(pin(make_batch(state="finished")), actor="bob")
    assert not Baseline.objects.exists()
    assert Entry.objects.get(action="baseline.unpinned").actor == "bob"


def browser(role: Role) -> Client:
    """Somebody of this role at Acme, signed in."""
    person = make_user(username=str(role), is_staff=True)
    make_membership(user=person, role=role)
    client = Client()
    with nobody():
        client.force_login(person)
    return client


@pytest.mark.parametrize("text", ["junk", "\0"])
@pytest.mark.usefixtures("as_acme")
def test_a_page_asked_for_with_what_is_no_id_chooses_nothing(text: str) -> None:
    engineer = browser(Role.ENGINEER)
    with nobody():
        page = engineer.get(reverse("admin:regressions_baseline_add"), {"batch": text})
    assert (page.status_code, post(engineer, batch=text).status_code) == (200, 200)


def post(client: Client, **values: object) -> Any:
    with nobody():
        return client.post(reverse("admin:regressions_baseline_add"), values)


@pytest.mark.parametrize(("role", "status"), [(Role.CURATOR, 403), (Role.ENGINEER, 302)])
def test_engineers_pin_on_the_admin_page(as_acme: Tenant, role: Role, status: int) -> None:
    batch = make_batch(state="finished")
    assert post(browser(role), batch=batch.pk, note="good").status_code == status
    pinned = Baseline.objects.filter(batch=batch, pinned_by="engineer").exists()
    told = Entry.objects.filter(action="baseline.pinned", actor="engineer").count()
    assert (pinned, told) == ((True, 1) if status == 302 else (False, 0))


def test_the_page_refuses_an_unfinished_batch(as_acme: Tenant) -> None:
    page = post(browser(Role.ENGINEER), batch=make_batch().pk)
    assert b"pin a finished one" in page.content


def test_an_admin_takes_a_pin_out_on_the_page(as_acme: Tenant) -> None:
    pinned = pin(make_batch(state="finished"))
    client = browser(Role.ADMIN)
    with nobody():
        place = reverse("admin:regressions_baseline_delete", args=[pinned.pk])
        client.post(place, {"post": "yes"})
    assert not Baseline.objects.exists()
    assert Entry.objects.get(action="baseline.unpinned").actor == "admin"
