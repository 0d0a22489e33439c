"""One coordinator leads; when it is gone, or stands still, another does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import Any

import pytest
from django.db import Error, connection

from evalsite.audit.models import Entry
from evalsite.pipeline.coordinate import coordinate, tenants_with_work, tick
from evalsite.pipeline.lead import Seat, TermOver, look
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants import scope
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_alert, make_batch, make_outbox_message
from tests.journeys.workshop import until


@pytest.fixture
def two(committed_db: None) -> Iterator[list[Seat]]:
    """Two coordinators' seats."""
    made = [Seat(), Seat()]
    yield made
    for seat in made:
        seat.leave()


def stand_still() -> None:
    """Let the leader have been silent for longer than its term."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pipeline_leadership SET seen_at = seen_at - interval '1 minute'")


def test_one_leads(two: list[Seat]) -> None:
    assert [seat.hold() for seat in two] == [True, False]


def test_leading_again_changes_nothing(two: list[Seat]) -> None:
    assert [two[0].hold() for _ in range(3)] == [True] * 3
    assert not two[1].hold()
    assert look().epoch == 1


def test_a_successor_leads_as_soon_as_the_leader_is_gone(two: list[Seat]) -> None:
    assert two[0].hold()
    two[0].leave()
    until(two[1].hold, seconds=20, what="the server has ended the session")
    assert look().epoch == 2


def test_a_leader_that_stands_still_is_succeeded_and_acts_no_more(
    two: list[Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two[0].hold()
    stand_still()
    assert two[1].hold()
    monkeypatch.setattr("evalsite.pipeline.lead.time.monotonic", lambda: 1e9)
    with pytest.raises(Error):
        two[0].keep()
    two[1].keep()


def test_a_leader_whose_term_is_over_stops_also_where_nobody_succeeds_it(
    two: list[Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two[0].hold()
    stand_still()
    assert not look().is_present
    monkeypatch.setattr("evalsite.pipeline.lead.time.monotonic", lambda: 1e9)
    with pytest.raises(TermOver):
        two[0].keep()
    two[0].leave()
    assert two[0].hold()


def test_a_leader_looks_at_its_term_before_each_tenant(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_outbox_message()

    def over() -> None:
        raise TermOver("it is over")

    with pytest.raises(TermOver):
        tick(over)
    with tenant(acme.pk):
        assert OutboxMessage.objects.exists()


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
    until(lambda: not OutboxMessage.objects.exists(), seconds=20, what="the relay")
