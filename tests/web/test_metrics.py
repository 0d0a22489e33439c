"""What Prometheus is told, and who may ask."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from evalsite.batches.models import Batch, Chunk
from evalsite.pipeline import measure, measure_work
from evalsite.pipeline.lead import Seat, look
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from evalsite.web import metrics
from tests.factories import (
    make_alert,
    make_batch,
    make_chunk,
    make_comparison,
    make_evaluation_request,
    make_outbox_message,
    make_run,
    make_step,
    make_suite,
    make_summary,
    make_target,
)
from tests.journeys.workshop import until
from tests.nodes import make_node

TOKEN = "a-token-of-some-length"
LABELS = ("tenant", "suite", "target", "lane", "state", "code", "by", "queue", "worker")
Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture(autouse=True)
def _nothing_cached() -> Iterator[None]:
    metrics._text.cache_clear()
    yield
    metrics._text.cache_clear()


def scraped() -> Samples:
    """Scrape anew, and read the answer as Prometheus would: metric and label values to value."""
    metrics._text.cache_clear()
    with nobody():
        answer = Client().get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (
            sample.name.removeprefix("evalsite_"),
            tuple(sample.labels[label] for label in LABELS if label in sample.labels),
        ): sample.value
        for family in families
        for sample in family.samples
    }


def finished(**fields: Any) -> None:
    """A finished batch of the suite `s` and the target `t` with its summary."""
    suite = fields.pop("suite", None) or make_suite(name="s")
    run = fields.pop("run", None) or make_run(target=make_target(name="t"))
    batch = make_batch(
        suite=suite, run=run, state="finished", finished_at="2026-01-02T00:00:00Z", spent_usd=0.5
    )
    make_summary(batch=batch, **{"mean_score": 0.7, "score_low": 0.6, "score_high": 0.8, **fields})


def test_the_newest_batch_of_suite_and_target_is_told(as_acme: Tenant) -> None:
    finished(n=10, passed=7, failed=1, unscored=1, errored=1, pass_rate=0.875)
    told = scraped()
    place = ("acme", "s", "t")
    assert told["score", place] == 0.7
    assert (told["score_low", place], told["score_high", place]) == (0.6, 0.8)
    assert told["pass_rate", place] == 0.875
    assert told["unscored_rate", place] == 0.2
    assert told["last_batch_cost_usd", place] == 0.5
    assert told["last_batch_finished_timestamp_seconds", place] == 1767312000


def test_an_older_batch_is_not_told(as_acme: Tenant) -> None:
    suite, run = make_suite(name="s"), make_run(target=make_target(name="t"))
    for day, score in ((3, 0.9), (1, 0.1)):
        batch = make_batch(
            suite=suite, run=run, state="finished", finished_at=f"2026-01-0{day}T00:00:00Z"
        )
        make_summary(batch=batch, mean_score=score)
    assert scraped()["score", ("acme", "s", "t")] == 0.9


def test_what_is_not_known_is_left_out_and_no_zero(as_acme: Tenant) -> None:
    finished(mean_score=None, score_low=None, score_high=None, unscored=1, passed=0)
    told = {metric for metric, _ in scraped()}
    assert not told & {"score", "score_low", "pass_rate", "regressed"}
    assert "unscored_rate" in told


@pytest.mark.parametrize(("verdict", "value"), [("regressed", 1), ("no_difference", 0)])
def test_a_regression_is_told(verdict: str, value: int, as_acme: Tenant) -> None:
    suite, run = make_suite(name="s"), make_run(target=make_target(name="t"))
    batch = make_batch(suite=suite, run=run, state="finished", finished_at="2026-01-02T00:00:00Z")
    make_summary(batch=batch)
    make_comparison(batch=batch, verdict=verdict)
    assert scraped()["regressed", ("acme", "s", "t")] == value


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


def test_batches_are_told_by_state(as_acme: Tenant) -> None:
    for state in ("running", "paused", "paused"):
        make_batch(state=state)
    told = scraped()
    assert told["batches", ("acme", "running")] == 1
    assert told["batches", ("acme", "paused")] == 2


def test_each_tenant_has_its_own_figures(acme: Tenant, globex: Tenant) -> None:
    for one, n in ((acme, 1), (globex, 2)):
        with tenant(one.pk):
            [make_outbox_message() for _ in range(n)]
    told = scraped()
    assert told["outbox_messages", ("acme",)] == 1
    assert told["outbox_messages", ("globex",)] == 2


def test_a_tenant_that_is_not_active_is_not_told(acme: Tenant) -> None:
    Tenant.objects.update(is_active=False)
    assert ("outbox_messages", ("acme",)) not in scraped()


def test_more_tenants_than_bearable_are_counted(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST_TENANTS", 1)
    told = scraped()
    assert told["tenants_left_out", ()] == 1
    assert ("outbox_messages", ("globex",)) not in told


def test_labels_are_escaped(acme: Tenant) -> None:
    Tenant.objects.update(slug='a"b\\c\nd')
    assert ("outbox_messages", ('a"b\\c\nd',)) in scraped()


def test_a_second_scrape_costs_nothing(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CACHE_SECONDS", 1e9)
    scraped()
    monkeypatch.setattr(metrics, "_samples", lambda: 1 / 0)
    assert Client().get("/metrics").status_code == 200


def test_each_takeover_raises_the_epoch(committed_db: None) -> None:
    assert (look().epoch, look().seen_seconds) == (0, None)
    for epoch in (1, 2):
        seat = Seat()
        until(seat.hold, seconds=20, what="the seat is free")
        seat.leave()
        assert look().epoch == scraped()["leader_epoch", ()] == epoch


def test_a_leader_is_present_while_it_holds_the_seat(committed_db: None) -> None:
    assert not look().is_present
    seat = Seat()
    assert seat.hold()
    assert look().is_present
    assert scraped()["leader_present", ()] == 1
    seat.leave()  # the server ends the session, and with it the lock, a little later
    until(lambda: not look().is_present, seconds=20, what="the lock is free")


def basic(word: str) -> str:
    return "Basic " + b64encode(f"prometheus:{word}".encode()).decode()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (basic(TOKEN), 200),
        (f"Bearer {TOKEN}x", 401),
        (basic("wrong"), 401),
        ("Basic %%%", 401),
        (TOKEN, 401),
        (None, 401),
    ],
)
def test_a_token_is_asked_for(
    header: str | None, status: int, db: None, knobs: Callable[..., None]
) -> None:
    knobs(metrics_token=TOKEN)
    headers = {} if header is None else {"Authorization": header}
    answer = Client().get("/metrics", headers=headers)
    assert answer.status_code == status
    assert TOKEN not in answer.content.decode()
    if status == 401:
        assert answer.json()["code"] == "metrics_refused"
        assert answer["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "place",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=127.0.0.1"},
    ],
)
def test_without_a_token_only_this_machine_may_ask(place: dict[str, Any], db: None) -> None:
    assert Client().get("/metrics", **place).status_code == 401


def test_this_machine_may_ask(db: None) -> None:
    assert Client().get("/metrics", REMOTE_ADDR="::1").status_code == 200


def test_a_public_site_always_asks_for_a_token(db: None, knobs: Callable[..., None]) -> None:
    knobs(site_url="http://eval.example.org")
    assert Client().get("/metrics").status_code == 401


def test_nothing_can_be_posted(db: None) -> None:
    assert Client().post("/metrics").status_code == 405
