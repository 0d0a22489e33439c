"""Workers that die, freeze or are stopped, leaders that freeze, and servers that go away."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.db import connection

from evalsite.batches.models import Batch, Chunk
from evalsite.cases.queries import Selection, find_suite
from evalsite.endpoints.models import Endpoint
from evalsite.keys.issue import issue_key
from evalsite.pipeline import launch
from evalsite.pipeline.lead import look
from evalsite.pipeline.models import Leadership, OutboxMessage
from evalsite.pipeline.nodes import nodes
from evalsite.targets.queries import find_run
from tests.bench.slow_model import verdict
from tests.client.live import free_port
from tests.fake_model import FakeModel, fake_model
from tests.journeys.servers import break_down_and_restart, standing_still
from tests.journeys.workshop import (
    Workshop,
    assert_sound,
    broker,
    fill,
    finished,
    pool_children,
    until,
)
from tests.services import Services

N = 120
QUEUES = "control,dispatch,model"
_SUM = re.compile(r"What is (\d+) \+")


class Answer(NamedTuple):
    """What the site said."""

    status: int
    retry_after: str
    told: dict[str, Any]


class Site:
    """The site behind gunicorn, and somebody with a key."""

    def __init__(self, shop: Workshop) -> None:
        self._place = ("127.0.0.1", free_port())
        issued = issue_key(name="tests", role="engineer", scopes=["*:read", "*:write"])
        self._key = issued.token.get_secret_value()
        bound = ("--bind", "{}:{}".format(*self._place), "--workers", "1")
        config = ("--config", "python:evalsite.web.server")
        shop.start("-m", "gunicorn", "evalsite.wsgi", *config, *bound)
        until(lambda: self.ask("/healthz").status == 200, what="the site")

    def ask(self, path: str, order: dict[str, Any] | None = None) -> Answer:
        """Ask as a program does; status 0 where nobody listens."""
        method, body = ("POST", json.dumps(order)) if order else ("GET", None)
        named = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        line = HTTPConnection(*self._place, timeout=20)
        try:
            line.request(method, path, body=body, headers=named)
            answer = line.getresponse()
            told = json.loads(answer.read())
            return Answer(answer.status, answer.getheader("Retry-After", ""), told)
        except ConnectionError:
            return Answer(0, "", {})
        finally:
            line.close()


@pytest.fixture
def shop(workshop: Workshop) -> Workshop:
    """A workshop in which nobody waits for a lease to end, for none does."""
    workshop.environment |= {
        "SECRET_KEY": settings.SECRET_KEY,
        "OUTBOUND_ALLOW": json.dumps(["127.0.0.1:*"]),
        "LEASE_SECONDS": "600",
        "PEER_SECONDS": "3",
    }
    return workshop


@pytest.fixture
def model(shop: Workshop) -> Iterator[FakeModel]:
    """Sums to judge, and a model that takes its time."""
    fill(shop, n=N, wrong={"run": 0})
    with fake_model(verdict, latency_s=0.25) as running:
        Endpoint.objects.create(
            name="judges", base_url=running.base_url, is_default=True, parallel=4
        )
        yield running


def judging() -> Batch:
    """Start a batch that the model judges."""
    return launch.start(
        suite=find_suite("sums"),
        run=find_run("run"),
        pack="exact",
        options={"judges": [{"name": "rubric"}]},
        selection=Selection(),
        try_judges=False,
    )


def asked(model: FakeModel) -> Counter[str]:
    """Count how often each sum was asked about."""
    found = (_SUM.search(call.prompt) for call in model.calls)
    return Counter(sum_[1] for sum_ in found if sum_)


def all_at_work(batch: Batch) -> bool:
    """Say whether each chunk of the batch is in somebody's hands."""
    states = set(Chunk.objects.filter(step__batch=batch).values_list("state", flat=True))
    return states == {"leased"}


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    os.killpg(process.pid, number)


def test_what_dead_and_frozen_ones_held_goes_on_long_before_its_lease_ends(
    shop: Workshop, model: FakeModel
) -> None:
    workers = [shop.worker(QUEUES), shop.worker(QUEUES)]
    leaders = [shop.coordinator(), shop.coordinator()]
    batch = judging()
    until(lambda: all_at_work(batch), what="chunks at work")
    leader = next(one for one in leaders if f":{one.pid}" in Leadership.objects.get().holder)
    epoch = look().epoch
    signal_group(workers[0], signal.SIGKILL)
    for frozen in (workers[1], leader):
        signal_group(frozen, signal.SIGSTOP)
    until(lambda: look().epoch > epoch, what="another leader")
    until(lambda: {node.is_alive for node in nodes()} == {False}, what="both shown as dead")
    shop.worker(QUEUES)
    until(lambda: finished(batch), what="the end of the batch")
    for frozen in (workers[1], leader):
        signal_group(frozen, signal.SIGCONT)
    until(lambda: [node.is_alive for node in nodes()].count(True) == 2, what="it is heard again")
    assert_sound(batch)
    assert not Chunk.objects.filter(step__batch=batch).exclude(state="done").exists()


def test_a_worker_that_is_stopped_hands_over_and_nothing_is_asked_twice(
    shop: Workshop, model: FakeModel
) -> None:
    first = shop.worker(QUEUES)
    shop.coordinator()
    batch = judging()
    until(lambda: all_at_work(batch) and len(model.calls) > 10, what="chunks at work")
    first.send_signal(signal.SIGTERM)
    shop.worker(QUEUES)
    assert first.wait(timeout=60) == 0
    assert len(nodes()) <= 1  # it has signed off; the other one may not have come yet
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    assert set(asked(model).values()) == {1}
    assert len(asked(model)) == N


def test_a_worker_is_stopped_though_a_process_of_its_pool_does_not_end(shop: Workshop) -> None:
    worker = shop.worker(QUEUES)
    until(nodes, what="the worker")
    pool_children(worker)[0].suspend()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert nodes() == []


def test_a_database_that_breaks_down_costs_time_and_no_work(
    shop: Workshop, model: FakeModel, services: Services
) -> None:
    shop.worker(QUEUES)
    shop.coordinator()
    batch = judging()
    until(lambda: all_at_work(batch) and len(model.calls) > 10, what="chunks at work")
    connection.close()
    break_down_and_restart(services)
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    assert set(asked(model).values()) == {1}


def test_the_site_lives_through_what_happens_to_its_servers(
    shop: Workshop, services: Services
) -> None:
    fill(shop, n=20, wrong={"run": 0})
    site, order = Site(shop), {"suite": "sums", "run": "run"}
    with standing_still(services, "postgresql"):
        answer = site.ask("/api/v1/batches")
        assert (answer.status, answer.told["code"]) == (503, "unavailable")
        assert answer.retry_after
        assert site.ask("/readyz").told["code"] == "database_unavailable"
    until(lambda: site.ask("/api/v1/batches").status == 200, what="the database is back")
    with standing_still(services, "valkey"):
        assert site.ask("/api/v1/batches", order).status == 202
        # What was said of the broker is said again for some seconds.
        until(lambda: site.ask("/readyz").told.get("code") == "broker_unreachable")
    valkey = broker(shop)
    valkey.config_set("maxmemory", "100kb")
    try:
        until(lambda: site.ask("/api/v1/batches", order).status == 202, what="a second batch")
        assert OutboxMessage.objects.exists()
    finally:
        valkey.config_set("maxmemory", "0")
    shop.worker()
    shop.coordinator()
    until(lambda: Batch.objects.filter(state="finished").count() == 2, what="both batches")
    for batch in Batch.objects.all():
        assert_sound(batch)
