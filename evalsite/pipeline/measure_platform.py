"""What belongs to no tenant: leader, workers, broker, connections, disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.db import connection

from evalsite.pipeline import lead
from evalsite.pipeline.ask_broker import BrokerAway, ask_broker
from evalsite.pipeline.measure_work import Sample
from evalsite.pipeline.nodes import nodes

# A scrape waits no longer than this for the broker.
_PATIENCE_S: Final = 1.0
_CONNECTIONS: Final = """
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int
             - current_setting('superuser_reserved_connections')::int
"""


def measure_platform() -> Iterator[Sample]:
    """Yield the figures of the installation; what is not known is left out, never zero."""
    yield from _leader()
    yield from _workers()
    yield from _broker()
    yield from _room()


def _leader() -> Iterator[Sample]:
    leader = lead.look()
    yield Sample("leader_present", {}, leader.is_present)
    yield Sample("leader_epoch", {}, leader.epoch)
    if leader.seen_seconds is not None:
        yield Sample("leader_seen_seconds", {}, leader.seen_seconds)


def _workers() -> Iterator[Sample]:
    """Tell of each worker, and of each queue how many slots serve it: none is a figure too."""
    from evalsite.celery import app

    slots = dict.fromkeys((queue.name for queue in app.conf.task_queues), 0)
    for node in nodes():
        labels = {"worker": node.name}
        yield Sample("worker_alive", labels, node.is_alive)
        yield Sample("worker_seen_seconds", labels, node.seen_seconds)
        for queue in node.queues if node.is_alive else ():
            slots[queue] = slots.get(queue, 0) + node.slots
    for queue, n in slots.items():
        yield Sample("queue_slots", {"queue": queue}, n)


def _broker() -> Iterator[Sample]:
    try:
        broker = ask_broker(patience=_PATIENCE_S)
    except BrokerAway:
        yield Sample("broker_up", {}, 0)
        return
    yield Sample("broker_up", {}, 1)
    for queue, n in broker.queues.items():
        yield Sample("queue_messages", {"queue": queue}, n)
    if broker.unacked is not None:
        yield Sample("unacked_messages", {}, broker.unacked)
        yield Sample("unacked_oldest_seconds", {}, broker.unacked_seconds or 0)


def _room() -> Iterator[Sample]:
    with connection.cursor() as cursor:
        cursor.execute(_CONNECTIONS)
        used, most = cursor.fetchone()
    yield Sample("database_connections", {}, used)
    yield Sample("database_connections_most", {}, most)
    if settings.LAYOUT.data.exists():
        space = shutil.disk_usage(settings.LAYOUT.data)
        yield Sample("data_disk_free_bytes", {}, space.free)
        yield Sample("data_disk_bytes", {}, space.total)
