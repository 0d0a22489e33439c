"""What a request sends to the broker carries its id, and ids only."""

from __future__ import annotations

import json
from typing import Any

import pytest
import redis
from structlog.contextvars import bound_contextvars

from evalsite.calls.connect import client_url
from evalsite.pipeline import outbox
from evalsite.tenants.models import Tenant
from tests.services import Services


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
