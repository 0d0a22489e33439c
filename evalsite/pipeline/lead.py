"""Write down who leads, and since when: the lock itself tells nothing to those who look on."""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

from django.db import connection

LOCK = 0x65_76_61_6C  # "eval"

_TAKE_OVER = """
    INSERT INTO pipeline_leadership (id, epoch, holder, since, seen_at)
    VALUES (1, 1, %s, clock_timestamp(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET epoch = pipeline_leadership.epoch + 1, holder = excluded.holder,
        since = excluded.since, seen_at = excluded.seen_at
    RETURNING epoch
"""
_SEEN = "UPDATE pipeline_leadership SET seen_at = clock_timestamp() WHERE epoch = %s"
_LOOK = """
    SELECT coalesce(max(epoch), 0),
           extract(epoch FROM clock_timestamp() - max(seen_at))::float8,
           EXISTS (SELECT 1 FROM pg_locks k JOIN pg_database d ON d.oid = k.database
                   WHERE k.locktype = 'advisory' AND k.objid = %s AND k.granted
                     AND d.datname = current_database())
    FROM pipeline_leadership
"""


class Leader(NamedTuple):
    """Whether a coordinator leads now; `seen_seconds` since its last round, None before the first.

    `epoch` counts the takeovers.
    """

    epoch: int
    seen_seconds: float | None
    is_present: bool


def take_over() -> int:
    """Write that this process leads from now on; answers the new epoch."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_OVER, [f"{socket.gethostname()}:{os.getpid()}"])
        return int(cursor.fetchone()[0])


def seen(epoch: int) -> None:
    """Write that the leader has done a round; one that was succeeded writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, [epoch])


def look() -> Leader:
    """Answer who leads, as everybody may see it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [LOCK])
        return Leader(*cursor.fetchone())
