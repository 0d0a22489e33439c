"""How soon it is noticed that a server has vanished, with its host or with the network.

TCP by itself waits for hours where nothing is sent, and for a quarter of an hour where something
is. On Unix sockets all of this means nothing, and does no harm.
"""

from __future__ import annotations

import socket
from typing import Any, Final

_AMQP: Final = ("amqp://", "amqps://")
BROKERS: Final = ("redis://", "rediss://", "redis+socket://", *_AMQP)
_PROBES: Final = 3


def speaks_amqp(broker_url: str) -> bool:
    """Say whether the broker is RabbitMQ, which can neither count nor join chords."""
    return broker_url.startswith(_AMQP)


def of_database(seconds: float) -> dict[str, int]:
    """Answer libpq's options for our end of a connection."""
    return {
        "keepalives": 1,
        "keepalives_idle": _idle(seconds),
        "keepalives_interval": _interval(seconds),
        "keepalives_count": _PROBES,
        "tcp_user_timeout": round(seconds * 1000),
    }


def for_server(seconds: float) -> str:
    """Answer what the database is to do at its end: a vanished leader's lock must come free."""
    return (
        f"-c tcp_keepalives_idle={_idle(seconds)} -c tcp_keepalives_interval={_interval(seconds)}"
        f" -c tcp_keepalives_count={_PROBES} -c tcp_user_timeout={round(seconds * 1000)}"
    )


def of_broker(url: str, *, seconds: float, hidden_seconds: int) -> dict[str, Any]:
    """Answer Celery's transport options.

    `hidden_seconds` is how long Valkey waits until it gives an unacknowledged message to another
    worker. RabbitMQ does so when the connection ends.
    """
    if speaks_amqp(url):
        return {
            # A message counts as sent only when the broker says that it has it.
            "confirm_publish": True,
            "read_timeout": seconds,
            "write_timeout": seconds,
            "socket_settings": _of_socket(seconds),
        }
    return {
        # Without these a worker goes deaf when the broker hangs without closing its sockets.
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds / 2,
        "socket_keepalive": True,
        "socket_keepalive_options": _of_socket(seconds),
        "health_check_interval": round(seconds),
        "visibility_timeout": hidden_seconds,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    }


def _of_socket(seconds: float) -> dict[int, int]:
    """Answer options of a TCP socket, as far as this system knows them."""
    wanted = {
        "TCP_KEEPIDLE": _idle(seconds),
        "TCP_KEEPINTVL": _interval(seconds),
        "TCP_KEEPCNT": _PROBES,
        "TCP_USER_TIMEOUT": round(seconds * 1000),
    }
    return {getattr(socket, name): n for name, n in wanted.items() if hasattr(socket, name)}


def _idle(seconds: float) -> int:
    """Half of the time passes before the first probe, the other half between the probes."""
    return max(1, round(seconds / 2))


def _interval(seconds: float) -> int:
    return max(1, round(seconds / 2 / _PROBES))
