"""What Prometheus is told of work, workers, broker and disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone
from redis import Redis

from evalsite.batches.models import Batch, Chunk
from evalsite.pipeline import measure, measure_work
from evalsite.tenants.models import Tenant
from evalsite.web import metrics
from tests.factories import (
    make_alert,
    make_batch,
    make_chunk,
    make_evaluation_request,
    make_outbox_message,
    make_step,
)
from tests.nodes import make_node
from tests.schedule_rows import make_schedule
from tests.web.scraping import scraped


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    metrics._text.cache_clear()


def test_what_waits_is_told(as_acme: Tenant) -> None:
    make_chunk(step=make_step(lane="cpu"), dispatched_at="2026-01-01T00:00:00Z")
    make_outbox_message(due_at="2026-01-01T00:00:00Z")
    make_evaluation_request(state="refused")
    make_alert()
    told = scraped()
    assert told["chunks", ("acme", "cpu", "pending")] == 1
    assert told["oldest_pending_chunk_seconds", ("acme", "cpu")] > 3600
    assert told["outbox_messages", ("acme",)] == 1
    assert told["outbox_oldest_seconds", ("acme",)] > 3600
    assert told["alerts_unsent", ("acme",)] == 1
    assert told["evaluation_requests", ("acme", "refused")] == 1


def test_a_schedule_that_is_late_is_told(as_acme: Tenant) -> None:
    make_schedule(next_at="2999-01-01T00:00:00Z")
    assert scraped()["schedules_late_seconds", ("acme",)] == 0
    make_schedule(next_at="2026-01-01T00:00:00Z")
    assert scraped()["schedules_late_seconds", ("acme",)] > 3600


def test_a_step_that_nobody_works_on_stands_still(as_acme: Tenant) -> None:
    batch = make_batch()
    Batch.objects.update(created_at="2026-01-01T00:00:00Z")
    chunk = make_chunk(step=make_step(batch=batch, n_chunks=2, remaining=1))
    assert scraped()["standstill_seconds", ("acme", "cpu")] > 3600
    make_chunk(step=chunk.step, number=1, state="done", finished_at=timezone.now())
    assert scraped()["standstill_seconds", ("acme", "cpu")] < 60
    Chunk.objects.update(state="leased", lease_until="2999-01-01T00:00:00Z")
    assert ("standstill_seconds", ("acme", "cpu")) not in scraped()


def test_a_chunk_that_is_sent_again_still_stands_still(as_acme: Tenant) -> None:
    make_chunk(dispatched_at=timezone.now())
    Batch.objects.update(created_at="2026-01-01T00:00:00Z")
    told = scraped()
    assert told["oldest_pending_chunk_seconds", ("acme", "cpu")] < 60
    assert told["standstill_seconds", ("acme", "cpu")] > 3600


def test_what_dead_workers_held_is_told(as_acme: Tenant) -> None:
    step = make_step(n_chunks=4, remaining=3)
    long_ago = "2026-01-01T00:00:00Z"
    make_chunk(step=step, number=0, state="leased", attempt=1, lease_until=long_ago)
    make_chunk(step=step, number=1, attempt=1)
    make_chunk(step=step, number=2)
    make_chunk(step=step, number=3, state="failed", attempt=5, finished_at=timezone.now())
    told = scraped()
    assert told["leases_expired", ("acme", "cpu")] == 1
    assert told["chunks_tried_again", ("acme", "cpu")] == 1
    assert told["chunks_failed_last_day", ("acme",)] == 1
    assert told["chunks", ("acme", "cpu", "finished")] == 1


def test_who_finished_steps_is_told_for_an_hour(as_acme: Tenant) -> None:
    for by, at in (("chord", timezone.now()), ("sweep", "2026-01-01T00:00:00Z")):
        make_step(state="done", remaining=0, finished_by=by, finished_at=at)
    told = scraped()
    assert told["steps_finished_last_hour", ("acme", "chord")] == 1
    assert ("steps_finished_last_hour", ("acme", "sweep")) not in told


def test_what_paused_a_batch_is_told(as_acme: Tenant) -> None:
    make_batch(state="paused", paused_code="money_cap")
    assert scraped()["batches_paused", ("acme", "money_cap")] == 1


def test_workers_and_whom_they_serve_are_told(db: None) -> None:
    make_node("alive@here", queues=["cpu", "sandbox"], slots=3)
    make_node("dead@here", queues=["cpu", "model"], slots=5, seen=600)
    told = scraped()
    assert told["worker_alive", ("alive@here",)] == 1
    assert told["worker_alive", ("dead@here",)] == 0
    assert told["worker_seen_seconds", ("dead@here",)] >= 600
    slots = {queue: told["queue_slots", (queue,)] for queue in ("cpu", "sandbox", "model")}
    assert slots == {"cpu": 3, "sandbox": 3, "model": 0}


def test_the_brokers_queues_are_told(db: None, valkey: Redis) -> None:
    valkey.delete("model")
    valkey.lpush("model", "a", "b")
    told = scraped()
    valkey.delete("model")
    assert told["broker_up", ()] == 1
    assert told["queue_messages", ("model",)] == 2
    assert told["queue_messages", ("sandbox",)] == 0


def test_a_broker_that_is_away_is_told_and_the_rest_too(db: None, no_broker: None) -> None:
    told = scraped()
    assert told["broker_up", ()] == 0
    assert not [metric for metric, _ in told if metric.startswith(("queue_messages", "unacked"))]
    assert told["database_connections", ()] >= 1
    assert 0 < told["data_disk_free_bytes", ()] < told["data_disk_bytes", ()]


def test_no_figure_is_counted_from_scorecards() -> None:
    assert "scorecard" not in measure_work._WORK
    assert "scorecard" not in measure._LATEST
