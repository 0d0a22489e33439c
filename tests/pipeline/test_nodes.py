"""A worker tells that it lives; what a dead one held is anybody's at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from evalsite.batches.models import Batch, Chunk
from evalsite.pipeline import beat, nodes
from evalsite.pipeline.models import Leadership, WorkerNode
from evalsite.pipeline.nodes import BOOT, owner
from evalsite.pipeline.sweep import sweep
from evalsite.tenants.models import Tenant
from tests.journeys.workshop import until
from tests.nodes import make_node
from tests.pipeline.bench import launched, told
from tests.services import Services

SOON = timedelta(minutes=1)


@pytest.fixture
def beating(committed_db: None) -> Iterator[beat.Beat]:
    """A worker that tells of itself."""
    started = beat.start(name="w@here", queues={"cpu", "control"}, slots=3)
    until(nodes.nodes, seconds=20, what="the first beat")
    yield started
    started.sign_off()


def held(owner: str) -> Batch:
    """A batch whose only chunk somebody holds for a minute more."""
    batch = launched([told("passed")])
    lease = {"lease_owner": owner, "lease_until": timezone.now() + SOON}
    Chunk.objects.filter(step__batch=batch).update(state="leased", attempt=1, wave=1, **lease)
    return batch


def owner_on(node: WorkerNode) -> str:
    return f"{node.name}/{node.boot_id}/some-task"


def test_a_worker_is_told_of_while_it_lives(beating: beat.Beat) -> None:
    (node,) = nodes.nodes()
    assert (node.name, node.queues, node.slots) == ("w@here", ["control", "cpu"], 3)
    assert (node.is_alive, node.version) == (True, beat.version())


def test_a_worker_that_signs_off_is_told_of_no_more(beating: beat.Beat) -> None:
    beating.sign_off()
    assert nodes.nodes() == []


def test_one_that_was_ended_from_outside_is_signed_off_for_good(beating: beat.Beat) -> None:
    nodes.sign_off("w")
    beating._write(beat._ALIVE)
    assert nodes.nodes() == []


def test_a_beat_goes_on_when_its_session_was_ended(
    beating: beat.Beat, services: Services, knobs: Callable[..., None]
) -> None:
    knobs(peer_seconds="1")
    with services.superuser() as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE '%INSERT INTO pipeline_workernode%'"
            " AND pid <> pg_backend_pid()"
        )
    WorkerNode.objects.update(last_seen=timezone.now() - SOON)
    until(lambda: nodes.nodes()[0].is_alive, seconds=20, what="another beat")


def test_a_silent_worker_is_dead_and_after_an_hour_forgotten(db: None) -> None:
    make_node("a", queues=["cpu"], seen=9)
    make_node("b", queues=["cpu"], seen=11)
    make_node("c", queues=["cpu"], seen=4000)
    assert {node.name: node.is_alive for node in nodes.nodes()} == {"a": True, "b": False}


def test_of_a_worker_that_was_started_again_the_last_start_counts(db: None) -> None:
    make_node("a", queues=["cpu"], seen=60)
    make_node("a", queues=["cpu"], seen=1)
    assert [node.is_alive for node in nodes.nodes()] == [True]


def test_what_a_dead_worker_held_is_sent_again_at_once(as_acme: Tenant) -> None:
    batch = held(owner_on(make_node("a", queues=["cpu"], seen=11)))
    done = sweep()
    assert (done["released"], done["sent"]) == (1, 1)
    assert Chunk.objects.get(step__batch=batch).state == "pending"


def test_what_a_worker_held_that_signed_off_is_sent_again_at_once(as_acme: Tenant) -> None:
    node = make_node("a", queues=["cpu"])
    WorkerNode.objects.update(stopped_at=timezone.now())
    held(owner_on(node))
    assert sweep()["released"] == 1


@pytest.mark.parametrize("seen", [0, 9])
def test_what_a_living_worker_holds_is_left_to_it(seen: float, as_acme: Tenant) -> None:
    held(owner_on(make_node("a", queues=["cpu"], seen=seen)))
    held("nobody/knows/whose")
    assert sweep()["released"] == 0


def test_silence_counts_from_when_the_leader_began_to_lead(as_acme: Tenant) -> None:
    held(owner_on(make_node("a", queues=["cpu"], seen=60)))
    now = timezone.now()
    Leadership.objects.create(epoch=2, holder="here:1", since=now, seen_at=now)
    assert sweep()["released"] == 0
    Leadership.objects.update(since=now - SOON)
    assert sweep()["released"] == 1


def test_a_chunk_whose_workers_died_too_often_is_written_off_at_once(as_acme: Tenant) -> None:
    held(owner_on(make_node("a", queues=["cpu"], seen=60)))
    Chunk.objects.update(attempt=5)
    assert sweep()["written_off"] == 1


def test_a_lease_tells_which_start_of_a_worker_holds_it() -> None:
    assert owner("w@here", task="t") == f"w@here/{BOOT}/t/{os.getpid()}"
    assert len(owner("w" * 300, task="t" * 36)) <= 200


def test_old_starts_are_forgotten(committed_db: None) -> None:
    make_node("old", queues=["cpu"], seen=100_000)
    beat.start(name="new", queues=["cpu"], slots=1).sign_off()
    connections["default"].close()
    until(lambda: not WorkerNode.objects.filter(name="old").exists(), seconds=20, what="forgotten")
    assert connection.is_usable()
