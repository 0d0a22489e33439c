"""A worker outlives a broker that breaks off while it has work in hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from kombu import Connection, Consumer, Message, Producer, Queue
from kombu.common import ignore_errors
from kombu.utils.uuid import uuid

from evalsite.celery import app
from tests.services import Services
from tests.stalling import stalling


@pytest.fixture
def broken(services: Services) -> Iterator[tuple[Connection, Message]]:
    """A broken line with two channels that wait for messages, and one message in hand."""
    with stalling(services.layout.valkey_socket) as server:
        line = app.connection_for_read(f"redis+socket://{server.place}?virtual_host=0")
        channels = (line.default_channel, line.channel())
        queues = [Queue(uuid(), channel=channel, auto_delete=True) for channel in channels]
        got: list[Message] = []
        for channel, queue in zip(channels, queues, strict=True):
            Consumer(channel, [queue], on_message=got.append, prefetch_count=2).consume()
        Producer(line).publish({}, routing_key=queues[0].name)
        line.drain_events(timeout=5)
        # Both wait again.
        with pytest.raises(TimeoutError):
            line.drain_events(timeout=0.1)
        server.place.unlink()
        _cut_off(services)
        yield line, got[0]


def _cut_off(services: Services) -> None:
    with redis.Redis(unix_socket_path=str(services.layout.valkey_socket)) as broker:
        broker.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def test_who_comes_late_hears_that_the_line_is_lost(broken: tuple[Connection, Message]) -> None:
    line, message = broken
    # So does Celery's consumer, which bears these errors and no others.
    line.collect(socket_timeout=1)
    ignore_errors(line, line.close)
    with pytest.raises(line.connection_errors, match="was closed"):
        message.ack()
