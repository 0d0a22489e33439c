"""Send to the broker without waiting for one that hangs: what cannot be sent is owed.

The outbox keeps what is owed, and the coordinator sends it. So nobody who talks to the site waits
for a broker that does not answer, and after one try the next ones are not made for a while.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from kombu import Connection, Producer
from kombu.exceptions import LimitExceeded, OperationalError
from kombu.pools import producers

from evalsite.celery import app
from evalsite.peers import speaks_amqp

BrokerError = OperationalError

_PATIENCE_S: Final = 0.7
# For so long no other try is made in this process.
_PAUSE_S: Final = 2.0
_ONE_TRY: Final = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
_away_until: Final[dict[str, float]] = {}


def send(task: str, arguments: Mapping[str, Any]) -> None:
    """Send a task by its name; raises BrokerError where the broker does not answer at once."""
    with _hurried() as producer:
        app.send_task(
            task, kwargs=dict(arguments), ignore_result=True, producer=producer, retry=False
        )


def tell_workers(command: str, **arguments: Any) -> None:
    """Send all workers a command of Celery's remote control; raises BrokerError as `send`."""
    with _hurried() as producer:
        app.control.broadcast(command, arguments=arguments, connection=producer.connection)


@contextmanager
def _hurried() -> Iterator[Producer]:
    """Give what sends; whatever goes wrong with the broker is a BrokerError."""
    url = str(app.conf.broker_url)
    if time.monotonic() < _away_until.get(url, 0.0):
        raise BrokerError("the broker did not answer a moment ago")
    line = _line(url)
    try:
        with producers[line].acquire(block=True, timeout=_PATIENCE_S) as producer:
            yield producer
    except _trouble(line) as no:
        _away_until[url] = time.monotonic() + _PAUSE_S
        raise BrokerError(f"{type(no).__name__}: {no}") from no


def _trouble(line: Connection) -> tuple[type[BaseException], ...]:
    return (OperationalError, LimitExceeded, *line.connection_errors, *line.channel_errors)


@lru_cache(maxsize=1)
def _line(url: str) -> Connection:
    """Answer where the pool's connections lead, with little patience."""
    names = ("read", "write") if speaks_amqp(url) else ("socket", "socket_connect")
    limits = {f"{name}_timeout": _PATIENCE_S for name in names} | _ONE_TRY
    return app.connection_for_write(url, connect_timeout=_PATIENCE_S, transport_options=limits)
