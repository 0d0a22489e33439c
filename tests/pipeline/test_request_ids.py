"""What a request sends to the broker carries its id, and ids only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from evalsite.origin import going_back_to
from evalsite.pipeline import chords, outbox
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants.models import Tenant
from evalsite.traces import without_content
from evalsite.valkey import client_url
from tests.pipeline.bench import launched, told
from tests.services import Services

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def broker(services: Services) -> redis.Redis:
    """The broker's own database, emptied."""
    client = redis.Redis.from_url(client_url(services.broker_url))
    client.flushdb()
    return client


def test_a_message_carries_the_request_it_goes_back_to(
    as_acme: Tenant, broker: redis.Redis, django_capture_on_commit_callbacks: Any
) -> None:
    with bound_contextvars(request_id="r-1", user_id=7):
        with django_capture_on_commit_callbacks(execute=True):
            outbox.add("pipeline.dispatch", key="k")
    (raw,) = broker.lrange("dispatch", 0, -1)
    assert json.loads(raw)["headers"]["__django_structlog__"] == {"request_id": "r-1", "user_id": 7}


def carried(broker: redis.Redis, queue: str) -> Any:
    """Answer what the newest message of a queue carries."""
    return json.loads(broker.lrange(queue, 0, 0)[0])["headers"]


def test_one_that_is_sent_later_carries_it_too(as_acme: Tenant, broker: redis.Redis) -> None:
    with going_back_to({"request_id": "r-2", "traceparent": TRACE}):
        outbox.add("pipeline.dispatch", key="k", delay=0.001)
    OutboxMessage.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert outbox.relay() == 1
    headers = carried(broker, "dispatch")
    assert headers["__django_structlog__"] == {"request_id": "r-2"}
    assert headers["traceparent"] == TRACE


def test_a_wave_carries_its_own_batchs(as_acme: Tenant, broker: redis.Redis) -> None:
    with going_back_to({"request_id": "r-3", "traceparent": TRACE}):
        launched([told("passed")])
    with bound_contextvars(request_id="another"):
        chords.fill_window()
    headers = carried(broker, "cpu")
    assert headers["__django_structlog__"]["request_id"] == "r-3"
    assert headers["traceparent"] == TRACE


def test_spans_go_out_without_what_was_sent() -> None:
    kept = {"http.route": "batches/<uuid:batch_id>/", "db.system": "postgresql"}
    quoted = {"url.query": "q=x", "user_agent.original": "x", "celery.args": "x"}
    sql = {"db.statement": "SELECT 'it''s x', %s"}
    assert without_content({**kept, **quoted, **sql}) == {
        **kept,
        "db.statement": "SELECT '?', %s",
    }
