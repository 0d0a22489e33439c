"""Send a chord; while the Valkey that would join it is away, its parts alone.

RabbitMQ carries messages without a Valkey. Then the counter of the step's rows says when it is at
its end, and the outbox and the sweep finish it. Celery by itself would try for 20 s, and give up.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celery import Signature
from django.conf import settings

from evalsite.valkey import PATIENCE_S, client_url

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)


def publish(canvas: Any, *, parts: Sequence[Signature[None]]) -> None:
    """Send a chord whose header are the parts; raises kombu's OperationalError."""
    if not _can_be_joined():
        for part in parts:
            part.apply_async()
        return
    sent = canvas.apply_async()
    # Otherwise one pub/sub channel per part stays open in this process for good.
    if sent.parent is not None:
        sent.parent.forget()


def _can_be_joined() -> bool:
    """Ask the Valkey where it is not the broker itself, which is about to be heard of anyway."""
    from redis.exceptions import RedisError

    if settings.VALKEY_URL == settings.BROKER_URL:
        return True
    try:
        return bool(_client(settings.VALKEY_URL).ping())
    except RedisError as error:
        log.warning("sent without a chord: Valkey is away (%s)", type(error).__name__)
        return False


@lru_cache(maxsize=1)
def _client(valkey_url: str) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        client_url(valkey_url),
        socket_timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 1),
    )
