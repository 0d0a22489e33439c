"""Limits that all workers share: the allowed rate is kept, no more and no less."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from statistics import median
from threading import Thread

import pytest
from django.db import connections

from evalsite.batches.models import Batch
from evalsite.calls.ask import Asker
from evalsite.calls.limit import Window, window_of
from evalsite.endpoints.models import Endpoint
from evalsite.tenants.scope import require, tenant
from tests.calls.counter import Counter, question
from tests.factories import make_batch
from tests.fake_model import Call, FakeModel, Fault, rate_limited

RATE = 40  # requests a second


@pytest.mark.parametrize(
    ("per_minute", "window"),
    [
        (600, Window(20, 2)),
        (60, Window(2, 2)),
        (30, Window(1, 2)),
        (45, Window(3, 4)),
        (601, Window(20, 2)),
        (1, Window(1, 60)),
    ],
)
def test_a_minute_is_spread_over_short_windows(per_minute: int, window: Window) -> None:
    assert window_of(per_minute) == window


@pytest.mark.parametrize("per_minute", [*range(1, 200), 997, 1_003, 59_999])
def test_rounding_never_allows_more_and_loses_a_hundredth_at_most(per_minute: int) -> None:
    window = window_of(per_minute)
    assert 0.99 * per_minute <= window.amount / window.seconds * 60 <= per_minute * 1.000001


class Storm:
    """Refuses everything for a while, and then whoever exceeds its rate by far."""

    def __init__(self, fake: FakeModel) -> None:
        self._fake = fake
        self.over = time.monotonic() + 0.8

    def __call__(self, call: Call) -> str | Fault:
        lately = [other for other in self._fake.calls[-200:] if call.at - other.at < 2]
        return "OK" if call.at > self.over and len(lately) <= 2.4 * RATE else rate_limited(0.4)


def test_in_a_storm_of_429_the_allowed_rate_is_kept(committed: FakeModel) -> None:
    """Counted where the requests arrive, for three workers that all want more: 2 % more at most.

    A tenth less may come, for a busy machine has them wait for more than the limit.
    """
    Endpoint.objects.update(requests_per_minute=RATE * 60)
    committed.say = storm = Storm(committed)
    end = time.monotonic() + 6
    at_once(3, until=lambda: time.monotonic() > end, batch=make_batch())
    arrived = [call.at for call in committed.calls]
    assert min(spans(arrived, RATE * 2)) > 1.8  # storm and retries included
    after = [at for at in arrived if at > storm.over]
    assert 0.98 * 4 <= median(spans(after, RATE * 4)) <= 1.1 * 4


def test_who_is_told_to_wait_makes_all_wait(committed: FakeModel) -> None:
    committed.say = lambda call: rate_limited(0.5) if len(committed.calls) == 1 else "OK"
    batch = make_batch()
    Counter(batch, note=False).ask("first")
    first, *_ = committed.calls
    assert committed.calls[1].at - first.at >= 0.5


def test_the_tokens_of_a_minute_are_kept(committed: FakeModel) -> None:
    """Each call takes about 28 of 12,000 tokens: some 71 fit the first ten seconds."""
    Endpoint.objects.update(tokens_per_minute=12_000)
    end = time.monotonic() + 1
    at_once(1, until=lambda: time.monotonic() > end, batch=make_batch(), patience=1.5)
    assert 60 <= len(committed.calls) <= 80


def spans(times: list[float], n: int) -> list[float]:
    """How long each run of n + 1 requests took, that is n intervals."""
    return [later - sooner for sooner, later in zip(times, times[n:], strict=False)]


def at_once(
    n: int, *, until: Callable[[], bool], batch: Batch, patience: float | None = None
) -> None:
    """Run workers that ask as fast as they may, each with connections of its own."""
    texts, acme = count(), require()

    async def ask(asker: Asker) -> None:
        while not until():
            await asyncio.wait_for(asker.chat(question(f"text {next(texts)}")), patience)

    async def many(asker: Asker) -> None:
        with suppress(TimeoutError):
            await asyncio.gather(*(ask(asker) for _ in range(20)))

    def work() -> None:
        with tenant(acme):
            Counter(batch, note=False).run(many)
        connections.close_all()

    threads = [Thread(target=work) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
