"""Nobody waits for a broker that hangs: what cannot be sent is owed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from evalsite.celery import app
from evalsite.pipeline import hurry, outbox
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.services import Services
from tests.stalling import Stalling, stalling


@pytest.fixture
def line(services: Services, django_db_setup: None) -> Iterator[Stalling]:
    """The broker, behind a line that can stall."""
    before = app.conf.broker_url
    with stalling(services.layout.valkey_socket) as made:
        app.conf.update(broker_url=f"redis+socket://{made.place}?virtual_host=0")
        yield made
        app.conf.update(broker_url=before)


@pytest.fixture
def committed_acme(committed_db: None) -> Iterator[Tenant]:
    """Acme, in whose scope commits are real."""
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        yield acme


def owe() -> int:
    """Owe a task; answers how many are owed once it is committed."""
    with transaction.atomic():
        outbox.add("pipeline.dispatch", key="dispatch:one")
    return OutboxMessage.objects.count()


def test_what_is_committed_is_sent(line: Stalling, committed_acme: Tenant) -> None:
    assert owe() == 0


def test_while_the_broker_hangs_it_stays_owed(
    line: Stalling, committed_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line.stalled():
        assert owe() == 1
        monkeypatch.setattr(hurry, "_line", None)  # no second try is made
        with pytest.raises(hurry.BrokerError, match="a moment ago"):
            outbox.relay()
    monkeypatch.undo()
    monkeypatch.setattr(hurry, "_away_until", {})
    assert outbox.relay() == 1
    assert not OutboxMessage.objects.exists()


def test_a_broker_that_hangs_in_the_midst_of_it_is_given_up(
    line: Stalling, committed_acme: Tenant
) -> None:
    owe()
    with line.stalled(), pytest.raises(hurry.BrokerError):
        hurry.send("pipeline.dispatch", {})
    hurry._away_until.clear()
    hurry.send("pipeline.dispatch", {"tenant_id": str(committed_acme.pk)})


def test_where_there_is_no_broker_it_stays_owed(no_broker: None, committed_acme: Tenant) -> None:
    assert owe() == 1


def test_workers_are_told(line: Stalling) -> None:
    hurry.tell_workers("revoke_by_stamped_headers", headers={"batch": "none"})
