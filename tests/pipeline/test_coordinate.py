"""One coordinator leads; when it is gone another does at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from evalsite.audit.models import Entry
from evalsite.pipeline.coordinate import _leads, coordinate, tenants_with_work, tick
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants import scope
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_alert, make_batch, make_outbox_message


@pytest.fixture
def two(committed_db: None) -> Iterator[list[BaseDatabaseWrapper]]:
    """Two coordinators' own connections."""
    made = [connections.create_connection("default") for _ in range(2)]
    yield made
    for connection in made:
        connection.close()


def test_one_leads(two: list[BaseDatabaseWrapper]) -> None:
    assert [_leads(connection) for connection in two] == [True, False]


def test_leading_again_changes_nothing(two: list[BaseDatabaseWrapper]) -> None:
    assert [_leads(two[0]) for _ in range(3)] == [True] * 3
    assert not _leads(two[1])


def test_a_successor_leads_as_soon_as_the_leader_is_gone(two: list[BaseDatabaseWrapper]) -> None:
    assert _leads(two[0])
    two[0].close()
    assert _leads(two[1])


def test_a_tenant_with_nothing_open_is_not_visited(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        make_batch(state="finished")
    assert tenants_with_work() == []


@pytest.mark.parametrize("make", [make_batch, make_outbox_message, make_alert])
def test_a_tenant_with_something_open_is_visited(
    make: Callable[[], Any], acme: Tenant, globex: Tenant
) -> None:
    with tenant(globex.pk):
        make()
    assert globex.pk in tenants_with_work()
    assert acme.pk not in tenants_with_work()


def test_one_tenants_fault_stops_no_other(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = []

    def sweep() -> None:
        swept.append(scope.require())
        if scope.require() == acme.pk:
            raise ZeroDivisionError

    monkeypatch.setattr("evalsite.pipeline.coordinate.sweep", sweep)
    for one in (acme, globex):
        with scope.tenant(one.pk):
            make_outbox_message()
    for _ in range(2):
        tick()
    assert set(swept) == {acme.pk, globex.pk}
    with scope.tenant(acme.pk):
        assert Entry.objects.get(action="sweep.failed").subject == "ZeroDivisionError"


def test_a_coordinator_serves_every_tenant_until_told_to_stop(committed_db: None) -> None:
    both = [Tenant.objects.create(slug=slug, name=slug) for slug in ("acme", "globex")]
    for one in both:
        with tenant(one.pk):
            make_outbox_message()
    stop = Event()
    thread = Thread(target=coordinate, args=(stop,), kwargs={"seconds": 0.05})
    thread.start()
    for one in both:
        with tenant(one.pk):
            _wait_until_relayed()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def _wait_until_relayed() -> None:
    from tests.journeys.workshop import until

    until(lambda: not OutboxMessage.objects.exists(), seconds=20, what="the relay")
