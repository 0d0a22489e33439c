"""What goes through the broker: ids only, small, readable in Flower, and nothing left behind."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import redis

from evalsite.batches.models import Batch, Step
from evalsite.pipeline import chords
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import launched, told
from tests.services import Services

SECRET = "case content that must stay in the database"


@pytest.fixture
def broker(services: Services) -> redis.Redis:
    """The broker's own database, emptied."""
    url = services.broker_url.replace("redis+socket://", "unix://")
    client = redis.Redis.from_url(url.replace("virtual_host=", "db="))
    client.flushdb()
    return client


def messages(broker: redis.Redis, queue: str) -> list[dict[str, Any]]:
    return [json.loads(raw) for raw in broker.lrange(queue, 0, -1)]


def sent(broker: redis.Redis) -> tuple[Batch, list[dict[str, Any]]]:
    batch = launched([{**told("passed"), "text": SECRET}] * 45)
    chords.fill_window()
    return batch, messages(broker, "cpu")


def body_of(message: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(message["body"]))


def test_a_message_names_ids_and_nothing_else(as_acme: Tenant, broker: redis.Redis) -> None:
    _, found = sent(broker)
    args, kwargs, _embedded = body_of(found[0])
    assert args == []
    assert set(kwargs) == {"tenant_id", "chunk_id", "epoch"}
    assert SECRET not in json.dumps(found)


def test_a_message_is_under_two_kilobytes(as_acme: Tenant, broker: redis.Redis) -> None:
    sent(broker)
    raw = broker.lrange("cpu", 0, -1)
    body = [len(base64.b64decode(json.loads(message)["body"])) for message in raw]
    assert max(body) < 2048
    assert max(map(len, raw)) < 4096  # the envelope repeats the body's callbacks in base64


def test_flower_can_say_what_a_task_does(as_acme: Tenant, broker: redis.Redis) -> None:
    batch, found = sent(broker)
    shown = sorted(message["headers"]["kwargsrepr"] for message in found)
    assert shown[0] == f"chunk 1 of 3 / 20 cases / cpu / batch {batch.pk}"


def test_messages_are_stamped_with_batch_and_epoch(as_acme: Tenant, broker: redis.Redis) -> None:
    batch, found = sent(broker)
    assert {message["headers"]["stamps"]["batch"] for message in found} == {f"{batch.pk}:1"}


def test_a_dispatch_leaves_no_channel_behind(as_acme: Tenant, broker: redis.Redis) -> None:
    before = len(broker.pubsub_channels())
    sent(broker)
    assert len(broker.pubsub_channels()) <= before


def test_a_wave_is_one_chord_of_its_chunks(as_acme: Tenant, broker: redis.Redis) -> None:
    batch, found = sent(broker)
    assert len(found) == Step.objects.get(batch=batch).n_chunks == 3
    assert len({message["headers"]["group"] for message in found}) == 1
