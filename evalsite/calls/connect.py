"""Connect an event loop to the Valkey, where workers share limits and breakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from evalsite.valkey import client_url

if TYPE_CHECKING:
    from redis.asyncio import Redis

_PATIENCE_S = 5


def open_client() -> Redis:
    """Open a client for the running loop; the caller closes it."""
    from redis.asyncio import Redis

    return Redis.from_url(
        client_url(settings.VALKEY_URL),
        socket_timeout=_PATIENCE_S,
        socket_connect_timeout=_PATIENCE_S,
        decode_responses=True,
        # Each chunk has a connection of its own, which need not say hello, nor look up the
        # library's version to tell it.
        protocol=2,
        driver_info=None,
    )


def forget_keys(holding: str) -> int:
    """Delete Valkey's keys whose names hold a text, such as a tenant's id; answers how many."""
    from redis import Redis

    with Redis.from_url(client_url(settings.VALKEY_URL), socket_timeout=_PATIENCE_S) as client:
        names = list(client.scan_iter(match=f"*{holding}*", count=1_000))
        return int(client.delete(*names)) if names else 0
