"""What the doctor says when nobody is there to do the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from evalsite.celery import LANES
from evalsite.doctor import crew, work
from evalsite.pipeline.lead import Seat
from evalsite.tenants.models import Tenant
from tests.doctor.conftest import Codes
from tests.factories import make_batch, make_chunk, make_outbox_message, make_step
from tests.journeys.workshop import until
from tests.nodes import make_node
from tests.schedule_rows import make_schedule

EVERY = ["control", "dispatch", *LANES]
OWN = {
    "database_url": "postgresql://a@h/x",
    "database_owner_url": "postgresql://o@h/x",
    "database_maint_url": "postgresql://m@h/x",
    "broker_url": "redis://h/0",
}


@pytest.fixture
def own_servers(knobs: Callable[..., None]) -> None:
    """Have settings as on several hosts, where somebody must always be there."""
    knobs(**OWN)


@pytest.fixture
def waiting(db: None, valkey: Redis) -> Iterator[None]:
    """A message in the queue of the sandbox."""
    valkey.lpush("sandbox", "message")
    yield
    valkey.delete("sandbox")


def test_embedded_and_idle_nobody_has_to_be_there(codes: Codes) -> None:
    for ask in (crew.workers, crew.lanes, crew.leader):
        assert codes(ask) == {"ok"}, ask


def test_with_work_somebody_has_to_be_there(codes: Codes, as_acme: Tenant) -> None:
    make_batch()
    assert codes(crew.workers) == {"workers_none"}
    assert codes(crew.leader) == {"leader_absent"}


def test_on_several_hosts_somebody_has_to_be_there_always(codes: Codes, own_servers: None) -> None:
    assert codes(crew.workers) == {"workers_none"}
    assert codes(crew.lanes) == {"lane_unserved"}
    assert codes(crew.leader) == {"leader_absent"}


def test_workers_that_live_and_one_that_fell_silent(codes: Codes, own_servers: None) -> None:
    make_node("one@here", queues=EVERY)
    make_node("two@here", queues=["model"], seen=300)
    silent, alive = crew.workers()
    assert silent.code == "worker_silent"
    assert "two@here was last heard of 300 s ago" in silent.told
    assert "1 with 2 slots: one@here" in alive.told
    assert codes(crew.lanes) == {"ok"}


def test_a_worker_that_died_long_ago_is_not_missed(codes: Codes, own_servers: None) -> None:
    make_node("old@here", queues=EVERY, seen=2000)
    assert codes(crew.workers) == {"workers_none"}


def test_a_lane_with_work_and_without_worker(own_servers: None, waiting: None) -> None:
    make_node("one@here", queues=["control", "dispatch", "cpu"])
    full, idle = crew.lanes()
    assert (full.level.value, idle.level.value) == ("error", "warning")
    assert "sandbox (1 waiting)" in full.told
    assert "--queues sandbox" in full.fix
    assert "model" in idle.told


def test_a_worker_of_another_version(own_servers: None, codes: Codes) -> None:
    make_node("one@here", queues=EVERY, version="0.0.0")
    assert codes(crew.workers) == {"ok", "worker_other_version"}


def test_a_coordinator_that_leads(committed_db: None, own_servers: None, codes: Codes) -> None:
    seat = Seat()
    until(seat.hold, seconds=20, what="the seat is free")
    try:
        assert codes(crew.leader) == {"ok"}
    finally:
        seat.leave()


def test_work_that_goes_well(codes: Codes, as_acme: Tenant) -> None:
    make_chunk(step=make_step(batch=make_batch()))
    assert codes(work.work) == {"ok"}


def test_what_is_told_of_a_tenant(codes: Codes, as_acme: Tenant) -> None:
    long_ago = "2026-01-01T00:00:00Z"
    step = make_step(batch=make_batch(), n_chunks=2, remaining=2)
    make_chunk(step=step, state="leased", lease_until=long_ago, attempt=1)
    make_chunk(step=step, number=1, state="failed", finished_at="2999-01-01T00:00:00Z")
    make_outbox_message(due_at=long_ago)
    make_batch(state="paused")
    make_schedule(next_at=long_ago)
    expected = {"leases_expired", "chunks_lost", "outbox_overdue", "batches_paused"}
    assert codes(work.work) == expected | {"schedule_late"}


@pytest.mark.parametrize(("seconds", "level"), [(300, "warning"), (1000, "error")])
def test_a_batch_that_stands_still_is_named(seconds: int, level: str, as_acme: Tenant) -> None:
    from datetime import timedelta

    from django.utils import timezone

    batch = make_batch()
    make_chunk(step=make_step(batch=batch))
    type(batch).objects.update(created_at=timezone.now() - timedelta(seconds=seconds))
    (found,) = work.work()
    assert (found.code, found.level.value) == ("batch_still", level)
    assert str(batch.pk) in found.told
    assert "--tenant acme" in found.fix


def test_tenants_beyond_bearable_are_counted(
    acme: Tenant, globex: Tenant, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "MOST_TENANTS", 1)
    assert codes(work.work) == {"ok", "tenants_left_out"}
