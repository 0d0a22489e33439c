from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from evalsite.batches.lease import claim_chunk
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.crucible.held import message_ids, without_message
from tests.factories import make_chunk
from tests.journeys.workshop import Workshop
from tests.journeys.workshop import broker as broker_of
from tests.services import Services

MESSAGE = {"headers": {"id": "task-1"}, "body": ""}


@pytest.fixture
def broker(services: Services) -> redis.Redis:
    """The broker's database, empty."""
    client = broker_of(Workshop(environment=services.environment(), tmp=Path()))
    client.flushdb()
    return client


@pytest.fixture
def held(committed_db: None, services: Services) -> Iterator[psycopg.Connection]:
    """A chunk that is worked on by task-1."""
    made = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(made.pk), services.superuser() as superuser:
        chunk = make_chunk()
        claim_chunk(chunk.pk, epoch=1, owner="worker/boot/task-1", seconds=60, attempts=3)
        yield superuser


def test_a_message_that_is_gone_is_missed(held: psycopg.Connection, broker: redis.Redis) -> None:
    (missed,) = without_message(held, broker=broker)
    assert missed.told.endswith("is held by worker/boot/task-1, and its message is gone")


def test_a_message_that_is_not_acknowledged_is_there(
    held: psycopg.Connection, broker: redis.Redis
) -> None:
    broker.hset("unacked", "tag", json.dumps([MESSAGE, "", "cpu"]))
    assert without_message(held, broker=broker) == []


def test_waiting_messages_are_known(broker: redis.Redis) -> None:
    broker.lpush("cpu", json.dumps(MESSAGE))
    assert message_ids(broker) == {"task-1"}
