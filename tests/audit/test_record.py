"""An entry says who, in which role, what, and in which request."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import structlog
from django.contrib.auth.models import User
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.audit.record import record, record_hourly, record_once
from evalsite.tenants.acting import Actor, ActorKind, act_as, acting
from evalsite.tenants.middleware import SESSION_KEY
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite
from tests.tenant_rows import make_membership, make_user

ANN = Actor(kind=ActorKind.USER, name="ann", role="admin")


@pytest.fixture
def request_id() -> Iterator[str]:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        yield "r-1"


def test_who_acts_is_recorded(as_acme: Tenant, request_id: str) -> None:
    with acting(ANN):
        entry = record("suite.added", "x")
    assert (entry.actor_kind, entry.actor, entry.role) == ("user", "ann", "admin")
    assert entry.request_id == request_id


def test_who_acts_is_known_by_the_name_that_a_verb_is_given(as_acme: Tenant) -> None:
    with acting(ANN):
        assert record("suite.added", "x", actor="ann").role == "admin"


def test_what_the_system_does_in_a_request_is_not_the_persons(as_acme: Tenant) -> None:
    with acting(ANN):
        entry = record("evaluation.refused", "x", actor="evaluation")
    assert (entry.actor_kind, entry.actor, entry.role) == ("system", "evaluation", "")


def test_nobody_acts_by_default(as_acme: Tenant) -> None:
    entry = record("suite.added", "x")
    assert (entry.actor_kind, entry.actor, entry.request_id) == ("system", "", "")


def test_who_it_turned_out_to_be_ends_with_the_block(as_acme: Tenant) -> None:
    with acting(ANN):
        act_as(Actor(kind=ActorKind.KEY, name="key ci"))
        assert record("run.added", "x").actor_kind == "key"
    assert record("run.added", "x").actor_kind == "system"


def test_a_row_is_recorded_with_its_id(as_acme: Tenant) -> None:
    suite, pk = make_suite(name="geo"), uuid4()
    assert record("suite.added", suite).subject_id == str(suite.pk)
    assert record("batch.started", pk).subject_id == str(pk)
    assert record("alerts.replayed", "3 alerts").subject_id == ""


def test_secrets_are_hidden_on_every_side(as_acme: Tenant) -> None:
    told = {"token": "planted"}
    record(
        "x.changed", "x", before=told, after={"deep": [told]}, headers={"Authorization": "planted"}
    )
    record_hourly("x.failed", "x", password="planted")
    record_once("x.read", make_suite(), by=uuid4(), api_key="planted")
    assert Entry.objects.count() == 3
    assert "planted" not in str(list(Entry.objects.values()))


def test_what_goes_wrong_again_is_recorded_once_an_hour(as_acme: Tenant) -> None:
    for _ in range(3):
        record_hourly("sweep.failed", "DataError")
    assert Entry.objects.count() == 1


@pytest.fixture
def ann(as_acme: Tenant) -> User:
    user = make_user(username="ann", is_staff=True)
    make_membership(user=user, role=Role.ADMIN)
    return user


def test_a_page_acts_as_the_signed_in_person(ann: User, as_acme: Tenant, client: Client) -> None:
    client.force_login(ann)
    response = client.post("/admin/calls/price/add/", {"model": "m", "usd_in": 1, "usd_out": 2})
    assert response.status_code == 302
    entry = Entry.objects.get(action="price.added")
    assert (entry.actor_kind, entry.actor, entry.role) == ("user", "ann", "admin")


def test_entering_a_tenant_is_recorded_with_the_role_there(
    acme: Tenant, globex: Tenant, client: Client
) -> None:
    boss = make_user(username="boss", is_superuser=True)
    client.force_login(boss)
    client.post("/tenant/", {"tenant": acme.pk})
    assert client.session[SESSION_KEY] == str(acme.pk)
    with tenant(acme.pk):
        entry = Entry.objects.get(action="tenant.entered")
        assert (entry.actor_kind, entry.actor, entry.role) == ("user", "boss", "owner")
        assert not Membership.objects.exists()
