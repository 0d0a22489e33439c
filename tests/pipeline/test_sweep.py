"""What got lost is found: dead leases, poison, lost messages, lost finishers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.cases.models import Revision
from evalsite.pipeline.score import owe_finish
from evalsite.pipeline.sweep import sweep
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from tests.nodes import make_node
from tests.pipeline.bench import deliver_all, deliver_chunks, launched, statuses, told

LONG_AGO = timezone.now() - timedelta(hours=1)


def chunk_of(batch: Batch) -> Chunk:
    return Chunk.objects.get(step__batch=batch)


def set_chunk(batch: Batch, **fields: object) -> None:
    Chunk.objects.filter(step__batch=batch).update(**fields)


def test_a_dead_lease_is_released_and_sent_again(as_acme: Tenant) -> None:
    batch = launched([told("failed")])
    set_chunk(batch, state="leased", attempt=1, lease_until=LONG_AGO, wave=1)
    assert sweep()["released"] == 1
    chunk = chunk_of(batch)
    assert (chunk.state, chunk.wave) == ("pending", 1)
    assert deliver_all(batch).state == "finished"


def test_a_live_lease_is_left_alone(as_acme: Tenant) -> None:
    batch = launched([told("failed")])
    later = timezone.now() + timedelta(minutes=1)
    set_chunk(batch, state="leased", attempt=1, lease_until=later, wave=1)
    assert sweep()["released"] == 0


def test_a_lost_message_is_sent_again(as_acme: Tenant) -> None:
    make_node("cpu@here", queues=["cpu"])
    batch = launched([told("failed")])
    set_chunk(batch, wave=1, dispatched_at=LONG_AGO)
    done = sweep()
    assert (done["lost"], done["sent"]) == (1, 1)
    assert chunk_of(batch).wave == 1


@pytest.mark.parametrize("queues", [[], ["model"]])
def test_nothing_is_sent_again_to_where_nobody_works(as_acme: Tenant, queues: list[str]) -> None:
    make_node("another@here", queues=queues)
    make_node("dead@here", queues=["cpu"], seen=3600)
    batch = launched([told("failed")])
    set_chunk(batch, wave=1, dispatched_at=LONG_AGO)
    assert sweep()["lost"] == 0


def test_a_message_that_is_on_its_way_is_not_lost(as_acme: Tenant) -> None:
    make_node("cpu@here", queues=["cpu"])
    batch = launched([told("failed")])
    set_chunk(batch, wave=1, dispatched_at=timezone.now())
    assert sweep()["lost"] == 0


def test_a_step_that_moves_has_lost_nothing(as_acme: Tenant) -> None:
    make_node("cpu@here", queues=["cpu"])
    batch = launched([told("failed")] * 45)
    set_chunk(batch, wave=1, dispatched_at=LONG_AGO)
    first = Chunk.objects.filter(step__batch=batch, number=0)
    first.update(state="done", finished_at=timezone.now())
    assert sweep()["lost"] == 0


def test_a_chunk_that_kills_its_workers_is_written_off(as_acme: Tenant) -> None:
    batch = launched([told("passed")])
    set_chunk(batch, state="leased", attempt=5, lease_until=LONG_AGO, wave=1)
    done = sweep()
    assert (done["written_off"], done["finished"]) == (1, 1)
    batch.refresh_from_db()
    assert batch.state == "finished"
    card = Scorecard.objects.get(batch=batch)
    assert (card.status, card.overall_score) == ("errored", None)
    assert card.details["batch"]["code"] == "worker_crashed"


def die(batch: Batch, *, holding: str) -> None:
    """Let the worker of the chunk with this case die, and sweep."""
    revision = Revision.objects.get(case__key=holding)
    chunk = Chunk.objects.get(step__batch=batch, revisions__contains=[revision.pk])
    fields = {"state": "leased", "attempt": chunk.attempt + 1, "lease_until": LONG_AGO}
    Chunk.objects.filter(pk=chunk.pk).update(**fields)
    sweep()


def test_only_the_case_that_kills_its_workers_errs(as_acme: Tenant) -> None:
    batch = launched([told("passed")] * 30, pack="lanes")
    for _ in range(5):
        die(batch, holding="case-007")
    assert deliver_all(batch).state == "finished"
    seen = statuses(batch)
    assert seen.pop("case-007") == "errored"
    assert set(seen.values()) == {"passed"}
    assert Scorecard.objects.filter(batch=batch).count() == 30


def test_the_first_death_cuts_nothing(as_acme: Tenant) -> None:
    batch = launched([told("passed")] * 20)
    die(batch, holding="case-007")
    assert chunk_of(batch).n_cases == 20


def test_pieces_add_up_to_the_whole(as_acme: Tenant) -> None:
    batch = launched([told("passed")] * 20)
    for _ in range(2):
        die(batch, holding="case-007")
    step = Step.objects.get(batch=batch)
    pieces = Chunk.objects.filter(step=step)
    assert sorted(pieces.values_list("number", flat=True)) == list(range(20))
    assert (step.n_chunks, step.remaining) == (20, 20)
    assert {(piece.n_cases, piece.attempt) for piece in pieces} == {(1, 2)}


def test_a_complete_step_is_finished_without_its_chord(as_acme: Tenant) -> None:
    batch = launched([told("failed")])
    deliver_chunks(batch)
    assert sweep()["finished"] == 1
    assert Step.objects.get(batch=batch).finished_by == "sweep"


def test_a_cancelled_batch_is_left_alone(as_acme: Tenant) -> None:
    batch = launched([told("failed")])
    set_chunk(batch, state="leased", attempt=1, lease_until=LONG_AGO)
    Batch.objects.filter(pk=batch.pk).update(state="cancelled")
    assert sweep()["released"] == 0


def test_a_finish_is_owed_once(as_acme: Tenant) -> None:
    step = Step.objects.get(batch=launched([told("failed")]))
    owe_finish(step.pk, epoch=1, delay=60)
    owe_finish(step.pk, epoch=1, delay=60)
    assert sweep()["relayed"] == 1  # the launch's dispatch; the finish is not due yet


@pytest.mark.parametrize("times", [1, 3])
def test_sweeping_a_quiet_tenant_does_nothing(times: int, as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed")]))
    sweep()
    assert [sum(sweep().values()) for _ in range(times)] == [0] * times
    assert statuses(batch) == {"case-000": "failed"}
