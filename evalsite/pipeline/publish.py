"""Publish a chord; while the Valkey that would join it is away, its parts alone.

RabbitMQ carries messages without a Valkey. Then the counter of the step's rows says when it is at
its end, and the outbox and the sweep finish it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from celery import Signature
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def publish(canvas: Any, *, parts: Sequence[Signature[None]]) -> None:
    """Send a chord whose header are the parts; raises kombu's OperationalError."""
    try:
        sent = canvas.apply_async()
        # Otherwise one pub/sub channel per part stays open in this process for good.
        if sent.parent is not None:
            sent.parent.forget()
    except RedisError as error:
        log.warning("sent without a chord: Valkey is away (%s)", type(error).__name__)
        # What was sent before it broke off comes twice, which does no harm.
        for part in parts:
            part.apply_async()
