from __future__ import annotations

import pytest
from django.utils import timezone

from evalsite.batches.lease import (
    Claim,
    LeaseHeld,
    LeaseLost,
    claim_chunk,
    count_down,
    finish_chunk,
    hand_back,
    renew,
)
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.steer import cancel
from evalsite.tenants.models import Tenant
from tests.factories import make_chunk, make_step


def claim(chunk: Chunk, *, epoch: int = 1, seconds: float = 30, attempts: int = 5) -> Claim | None:
    return claim_chunk(chunk.pk, epoch=epoch, owner="w", seconds=seconds, attempts=attempts)


def taken(chunk: Chunk, *, seconds: float = 30) -> Claim:
    held = claim(chunk, seconds=seconds)
    assert held is not None
    return held


def test_a_claim_takes_the_lease(as_acme: Tenant) -> None:
    chunk = make_chunk()
    held = taken(chunk)
    chunk.refresh_from_db()
    assert (held.attempt, held.chunk_id) == (1, chunk.pk)
    assert (chunk.state, chunk.lease_owner) == ("leased", "w")
    assert chunk.lease_until is not None
    assert chunk.lease_until > timezone.now()


def test_a_chunk_is_untouched_until_somebody_flushes(as_acme: Tenant) -> None:
    chunk = make_chunk()
    assert taken(chunk, seconds=-1).is_untouched
    again = taken(chunk, seconds=-1)
    assert again.is_untouched
    renew(again, seconds=-1, written=1)
    assert not taken(chunk).is_untouched


@pytest.mark.parametrize("later", [{"number": 1}, {"round": 1}])
def test_no_chunk_of_a_later_step_or_a_retry_is_untouched(
    later: dict[str, int], as_acme: Tenant
) -> None:
    assert not taken(make_chunk(step=make_step(**later))).is_untouched


def test_a_live_lease_means_come_again(as_acme: Tenant) -> None:
    chunk = make_chunk()
    taken(chunk)
    with pytest.raises(LeaseHeld) as held:
        claim(chunk)
    assert 0 < held.value.seconds <= 30


def test_a_dead_lease_is_taken_over(as_acme: Tenant) -> None:
    chunk = make_chunk()
    taken(chunk, seconds=-1)
    assert taken(chunk).attempt == 2


def test_a_done_chunk_is_not_taken_again(as_acme: Tenant) -> None:
    chunk = make_chunk()
    finish_chunk(taken(chunk), elapsed_ms=1)
    assert claim(chunk) is None


@pytest.mark.parametrize("epoch", [0, 2])
def test_a_message_of_another_epoch_takes_nothing(epoch: int, as_acme: Tenant) -> None:
    assert claim(make_chunk(), epoch=epoch) is None


def test_a_chunk_of_a_cancelled_batch_is_not_taken(as_acme: Tenant) -> None:
    chunk = make_chunk()
    cancel(chunk.step.batch_id)
    assert claim(chunk) is None


def test_a_chunk_that_was_tried_too_often_is_not_taken(as_acme: Tenant) -> None:
    chunk = make_chunk(attempt=5)
    assert claim(chunk, attempts=5) is None


def test_an_older_attempt_cannot_finish(as_acme: Tenant) -> None:
    chunk = make_chunk()
    stale = taken(chunk, seconds=-1)
    fresh = taken(chunk)
    with pytest.raises(LeaseLost):
        finish_chunk(stale, elapsed_ms=1)
    finish_chunk(fresh, elapsed_ms=1)


def test_an_older_attempt_cannot_renew(as_acme: Tenant) -> None:
    chunk = make_chunk()
    stale = taken(chunk, seconds=-1)
    taken(chunk)
    with pytest.raises(LeaseLost):
        renew(stale, seconds=30)


def test_renewing_moves_the_end_of_the_lease(as_acme: Tenant) -> None:
    chunk = make_chunk()
    held = taken(chunk, seconds=1)
    before = Chunk.objects.get(pk=chunk.pk).lease_until
    renew(held, seconds=60)
    after = Chunk.objects.get(pk=chunk.pk).lease_until
    assert before is not None
    assert after is not None
    assert after > before


def test_nothing_is_finished_after_a_cancel(as_acme: Tenant) -> None:
    chunk = make_chunk()
    held = taken(chunk)
    cancel(chunk.step.batch_id)
    with pytest.raises(LeaseLost):
        finish_chunk(held, elapsed_ms=1)


def test_counting_down_answers_what_remains(as_acme: Tenant) -> None:
    step = make_step(n_chunks=2, remaining=2)
    assert [count_down(step.pk), count_down(step.pk)] == [1, 0]
    assert Step.objects.get(pk=step.pk).started_at is not None


def test_a_batch_is_cancelled_once(as_acme: Tenant) -> None:
    batch = make_step().batch
    assert cancel(batch.pk).state == "cancelled"
    with pytest.raises(Exception, match="batch_not_running"):
        cancel(batch.pk)
    assert Batch.objects.get(pk=batch.pk).epoch == 1


def test_handing_back_twice_takes_it_from_nobody(as_acme: Tenant) -> None:
    chunk = make_chunk()
    mine = taken(chunk)
    hand_back(mine, forgiven=True)
    theirs = claim_chunk(chunk.pk, epoch=1, owner="x", seconds=60, attempts=5)
    assert theirs is not None
    assert theirs.attempt == mine.attempt
    with pytest.raises(LeaseLost):
        hand_back(mine, forgiven=True)
    chunk.refresh_from_db()
    assert (chunk.state, chunk.lease_owner) == ("leased", "x")
