"""Workers killed, the broker wiped, messages doubled: every case is scored exactly once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from evalsite.alerts.models import Alert, Subscription
from evalsite.batches.models import Batch, Chunk
from evalsite.regressions.models import Comparison
from tests.journeys.workshop import (
    Workshop,
    assert_sound,
    broker,
    fill,
    finished,
    n_scored,
    pool_children,
    score_here,
    until,
)

N = 4_000


@pytest.fixture
def filled(workshop: Workshop) -> Workshop:
    """A suite with a good run and a worse one, and somebody who wants to know."""
    fill(workshop, n=N, wrong={"good": 40, "worse": 400})
    Subscription.objects.create(email="alice@example.org")
    return workshop


@pytest.fixture
def judged(filled: Workshop) -> Workshop:
    """The same, with the good run scored, so that the worse one is a regression."""
    score_here(run="good")
    return filled


def under_way(shop: Workshop) -> Batch:
    """Launch the worse run and wait until some, but not all of it, is scored."""
    batch = shop.launch(run="worse")
    until(lambda: n_scored(batch) > 0, what="first scorecards")
    return batch


def finish(shop: Workshop, batch: Batch) -> None:
    """Every case scored once, one summary, and one mail about the regression."""
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    assert Comparison.objects.get(batch=batch).verdict == "regressed"
    until(lambda: Alert.objects.get().state == "sent", what="the mail")
    shop.manage("sweep", "--tenant", "acme")
    assert len(shop.mails()) == 1


def test_a_killed_pool_child_loses_nothing(judged: Workshop) -> None:
    worker = judged.worker()
    judged.coordinator()
    batch = under_way(judged)
    for child in pool_children(worker):
        child.kill()
    assert n_scored(batch) < N
    finish(judged, batch)


def test_a_killed_worker_loses_nothing(judged: Workshop) -> None:
    worker = judged.worker()
    judged.coordinator()
    batch = under_way(judged)
    os.killpg(worker.pid, signal.SIGKILL)
    assert n_scored(batch) < N
    judged.worker()
    finish(judged, batch)


def test_a_wiped_broker_loses_nothing(judged: Workshop) -> None:
    judged.worker()
    judged.coordinator()
    batch = under_way(judged)
    broker(judged).flushdb()
    finish(judged, batch)


def test_a_stopped_worker_that_wakes_up_late_writes_nothing(judged: Workshop) -> None:
    sleeper = judged.worker()
    judged.coordinator()
    batch = under_way(judged)
    os.killpg(sleeper.pid, signal.SIGSTOP)
    judged.worker()
    until(lambda: finished(batch), what="the end of the batch")
    os.killpg(sleeper.pid, signal.SIGCONT)
    finish(judged, batch)
    assert not Chunk.objects.filter(step__batch=batch).exclude(state="done").exists()


def double(shop: Workshop, queue: str) -> int:
    """Put a copy of each waiting message behind it."""
    client = broker(shop)
    messages = client.lrange(queue, 0, -1)
    for message in messages:
        client.lpush(queue, message)
    return len(messages)


def all_done(chunks: QuerySet[Chunk]) -> bool:
    return not chunks.exclude(state="done").exists()


def all_sent(shop: Workshop, chunks: QuerySet[Chunk]) -> bool:
    return broker(shop).llen("cpu") == chunks.count()


def settle(shop: Workshop, queue: str, effect: Callable[[], Any]) -> None:
    """Let a worker take what waits in one queue, both copies, and end it."""
    assert until(lambda: double(shop, queue), what=f"a message in {queue}")
    helper = shop.worker(queue)
    client = broker(shop)
    until(effect, what=f"what {queue} does")
    until(lambda: not client.llen(queue) and not client.hlen("unacked"), what=f"{queue} empty")
    os.killpg(helper.pid, signal.SIGKILL)


def test_doubled_messages_change_nothing(filled: Workshop) -> None:
    for run in ("good", "worse"):
        batch = filled.launch(run=run, limit="80")  # few enough for one window
        chunks = Chunk.objects.filter(step__batch=batch)
        settle(filled, "dispatch", partial(all_sent, filled, chunks))
        settle(filled, "cpu", partial(all_done, chunks))
        settle(filled, "control", partial(finished, batch))
        assert_sound(batch)
    assert Comparison.objects.get().verdict == "regressed"
    for _ in range(2):
        filled.manage("sweep", "--tenant", "acme")
    assert Alert.objects.get().state == "sent"
    assert len(filled.mails()) == 1
