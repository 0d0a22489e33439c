"""Celery's line to Valkey, with one mend: a channel that lost its line says that it is lost.

kombu closes the channels of a broken line one after the other, and forgets where the line led when
one of them fails. What comes to such a channel later (its own end, the receipt for a task that was
under way) then raises AttributeError, which Celery takes for a mistake in the program: the worker
ends. As a ConnectionError it is what it is: the worker connects anew, and the message, which was
never acknowledged, comes again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from evalsite.lean import without

# The client would count its calls with it, where it is installed and asked to; nobody asks.
with without("opentelemetry.sdk.metrics"):
    from kombu.transport import redis
from redis.exceptions import ConnectionError as LineLost


class Channel(redis.Channel):
    """A channel that knows whether its line is still there."""

    @property
    def pool(self) -> Any:
        """What leads to the server; raises ConnectionError where the line was closed."""
        with self._told():
            return super().pool

    @property
    def async_pool(self) -> Any:
        """What leads to the server for the event loop; raises as `pool` does."""
        with self._told():
            return super().async_pool

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except AttributeError as no:
            if getattr(self.connection, "client", None) is None:
                raise LineLost("the line of this channel was closed") from no
            raise


class Transport(redis.Transport):
    """kombu's transport, with channels of ours."""

    Channel = Channel
