"""RabbitMQ carries the messages: no kill, no wiped broker, no double and no lost chord harms."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db.models import QuerySet

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.celery import app
from tests.journeys.rabbitmq_node import EPMD, PROGRAM, Node
from tests.journeys.workshop import (
    Workshop,
    assert_sound,
    fill,
    finished,
    n_scored,
    until,
)
from tests.services import Services

pytestmark = pytest.mark.skipif(
    not (PROGRAM and EPMD), reason="rabbitmq-server is not installed: apt-get install it"
)
N = 2_000


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running RabbitMQ."""
    one = Node(tmp_path_factory.mktemp("rabbitmq"))
    try:
        one.start()
        yield one
    finally:
        one.kill()


@pytest.fixture
def shop(workshop: Workshop, services: Services, node: Node) -> Workshop:
    """A workshop whose messages go through RabbitMQ, with sums to judge."""
    for queue in app.conf.task_queues:
        node.empty(queue.name)
    workshop.environment |= {"BROKER_URL": node.url, "VALKEY_URL": services.broker_url}
    fill(workshop, n=N, wrong={"run": 40})
    return workshop


def under_way(shop: Workshop) -> Batch:
    """Start a batch and wait until some, but not all of it, is scored."""
    batch = shop.launch(run="run")
    until(lambda: n_scored(batch) > 0, what="first scorecards")
    return batch


def finish(batch: Batch) -> None:
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)


def test_a_killed_worker_loses_nothing(shop: Workshop) -> None:
    worker = shop.worker()
    shop.coordinator()
    batch = under_way(shop)
    os.killpg(worker.pid, signal.SIGKILL)
    assert n_scored(batch) < N
    shop.worker()
    finish(batch)


def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(
    shop: Workshop, node: Node
) -> None:
    shop.worker()
    shop.coordinator()
    batch = under_way(shop)
    node.kill()
    node.wipe()
    assert n_scored(batch) < N
    node.start()
    finish(batch)


def all_done(chunks: QuerySet[Chunk]) -> bool:
    return not chunks.exclude(state="done").exists()


def settle(shop: Workshop, node: Node, *, queue: str, effect: Callable[[], object]) -> None:
    """Let a worker take what waits in one queue, both copies, and end it."""
    assert until(lambda: node.double(queue), what=f"a message in {queue}")
    helper = shop.worker(queue)
    until(effect, what=f"what {queue} does")
    until(lambda: not node.waiting(queue), what=f"{queue} empty")
    helper.terminate()
    helper.wait(timeout=60)


def test_doubled_messages_change_nothing(shop: Workshop, node: Node) -> None:
    batch = shop.launch(run="run", limit="600")
    chunks = Chunk.objects.filter(step__batch=batch)
    settle(shop, node, queue="dispatch", effect=partial(node.waiting, "cpu"))
    settle(shop, node, queue="cpu", effect=partial(all_done, chunks))
    settle(shop, node, queue="control", effect=partial(finished, batch))
    assert_sound(batch)
    assert set(Step.objects.values_list("finished_by", flat=True)) == {"chord"}


def test_without_a_valkey_to_join_chords_the_outbox_finishes(
    shop: Workshop, tmp_path: Path
) -> None:
    shop.environment["VALKEY_URL"] = f"redis+socket://{tmp_path}/none.sock?virtual_host=0"
    shop.worker()
    shop.coordinator()
    finish(shop.launch(run="run", limit="600"))
    assert "chord" not in Step.objects.values_list("finished_by", flat=True)
