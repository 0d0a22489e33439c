"""What Prometheus is told, and who may ask."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from evalsite.pipeline.lead import Seat, look
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.web import metrics
from tests.factories import (
    make_batch,
    make_comparison,
    make_outbox_message,
    make_run,
    make_suite,
    make_summary,
    make_target,
)
from tests.journeys.workshop import until
from tests.web.scraping import scraped

TOKEN = "a-token-of-some-length"


@pytest.fixture(autouse=True)
def _nothing_cached() -> Iterator[None]:
    metrics._text.cache_clear()
    yield
    metrics._text.cache_clear()


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
