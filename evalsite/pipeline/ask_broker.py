"""Ask the broker how it is: what waits in its queues, what workers hold, how it is set up."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from evalsite.errors import EvalsiteError
from evalsite.peers import speaks_amqp

_REDIS: Final = "redis"


class BrokerAway(EvalsiteError):
    """The broker does not answer, or does not let us in."""

    code = "broker_unreachable"
    hint = "manage.py services start, or see that the server of BROKER_URL runs"


class Broker(NamedTuple):
    """What it answered.

    `queues` has the messages that wait, by queue; `unacked` those that workers hold, the oldest
    for `unacked_seconds`; None where such a broker does not tell. `told` is its own account of
    itself: INFO of Redis and Valkey, the server's properties of RabbitMQ.
    """

    kind: str
    version: str
    queues: dict[str, int]
    unacked: int | None
    unacked_seconds: float | None
    told: dict[str, Any]


def ask_broker(*, patience: float = 2.0) -> Broker:
    """Answer how the broker is, waiting at most `patience` seconds for each answer.

    Raises BrokerAway.
    """
    # Imported late: a process that asks no broker has no use for Celery.
    from kombu.exceptions import OperationalError

    from evalsite.celery import app

    limits = _limits(patience, url=app.conf.broker_url)
    connection: Any = app.connection_for_read(connect_timeout=patience, transport_options=limits)
    away = (OperationalError, *connection.connection_errors, *connection.channel_errors)
    try:
        with connection:
            connection.ensure_connection(max_retries=1, interval_start=0)
            queues = _lengths(connection, names=[queue.name for queue in app.conf.task_queues])
            if connection.transport.driver_type == _REDIS:
                return _of_redis(connection.default_channel, queues)
            return _of_amqp(connection.connection.server_properties, queues)
    except away as error:
        raise BrokerAway(f"{type(error).__name__}: {error}"[:300]) from error


def _limits(patience: float, *, url: str) -> dict[str, float]:
    names = ("read", "write") if speaks_amqp(url) else ("socket", "socket_connect")
    return {f"{name}_timeout": patience for name in names}


def _lengths(connection: Any, *, names: Iterable[str]) -> dict[str, int]:
    found = {}
    channel = connection.channel()
    for name in names:
        try:
            found[name] = int(channel.queue_declare(name, passive=True).message_count)
        except connection.channel_errors:
            # Nobody has made it yet; Redis has no empty queues. RabbitMQ closes the channel.
            found[name] = 0
            if not getattr(channel, "is_open", True):
                channel = connection.channel()
    return found


def _of_redis(channel: Any, queues: dict[str, int]) -> Broker:
    client = channel.client
    told = client.info()
    oldest = client.zrange(channel.unacked_index_key, 0, 0, withscores=True)
    kind = str(told.get("server_name", _REDIS))
    return Broker(
        kind=kind,
        version=str(told.get(f"{kind}_version", told["redis_version"])),
        queues=queues,
        unacked=int(client.hlen(channel.unacked_key)),
        unacked_seconds=max(0.0, time.time() - oldest[0][1]) if oldest else None,
        told=told,
    )


def _of_amqp(properties: dict[str, Any], queues: dict[str, int]) -> Broker:
    return Broker(
        kind=str(properties.get("product", "amqp")).lower(),
        version=str(properties.get("version", "?")),
        queues=queues,
        unacked=None,
        unacked_seconds=None,
        told=properties,
    )
