"""The workers of the installation, as they were last heard of.

A worker that is silent is taken for dead, and the sweep gives what it held to others at once. That
is for speed: leases and fences hold without it, also where a worker is taken for dead that is not.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Final, NamedTuple
from uuid import uuid4

from django.db import connection

from evalsite.env import load

# One start of a worker; the processes of its pool are forked, and so have the same.
BOOT: Final = uuid4().hex
_LONGEST_NAME: Final = 120

# Silence counts from when the present leader began to lead: after an outage of the database all
# are silent, and who looks on must give them time to be heard.
GONE: Final = """
    SELECT boot_id FROM pipeline_workernode WHERE stopped_at IS NOT NULL
    OR greatest(last_seen, (SELECT since FROM pipeline_leadership))
       < clock_timestamp() - make_interval(secs => %(silent)s)
"""
# Whether somebody takes what is sent to the lane of a step `s`.
SERVED: Final = """
    EXISTS (SELECT 1 FROM pipeline_workernode n WHERE n.stopped_at IS NULL
            AND s.lane = ANY (n.queues)
            AND n.last_seen > clock_timestamp() - make_interval(secs => %(silent)s))
"""
_NODES: Final = """
    SELECT * FROM (
        SELECT DISTINCT ON (name) name, host, queues, slots, version, started_at,
               extract(epoch FROM clock_timestamp() - last_seen)::float8 AS seen, stopped_at
        FROM pipeline_workernode ORDER BY name, started_at DESC) AS newest
    WHERE stopped_at IS NULL AND seen < %(forgotten)s
"""
_ENDED: Final = """
    UPDATE pipeline_workernode SET stopped_at = clock_timestamp()
    WHERE stopped_at IS NULL AND starts_with(name, %s)
"""
# Nobody mends a worker that died so long ago.
_FORGOTTEN_SECONDS: Final = 3600.0


class Node(NamedTuple):
    """A worker that has not signed off; `seen_seconds` since it was last heard of."""

    name: str
    host: str
    queues: list[str]
    slots: int
    version: str
    started_at: datetime
    seen_seconds: float

    @property
    def is_alive(self) -> bool:
        """Whether it was heard of of late."""
        return self.seen_seconds <= silent_seconds()


def nodes() -> list[Node]:
    """Answer the workers by name, those that died within the hour among them."""
    with connection.cursor() as cursor:
        cursor.execute(_NODES, {"forgotten": _FORGOTTEN_SECONDS})
        return [Node(*row[:7]) for row in cursor.fetchall()]


def sign_off(name: str) -> None:
    """Say of a worker that was ended from outside that it has; `name` is without its host."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDED, [f"{name}@"])


def slots_of(lane: str) -> int:
    """Answer how many chunks of a lane the living workers work on at once."""
    return sum(node.slots for node in nodes() if lane in node.queues and node.is_alive)


def silent_seconds() -> float:
    """Answer after how long a silent worker is taken for dead."""
    return load().peer_seconds


def owner(name: str, *, task: str) -> str:
    """Answer what a lease says of its holder: worker, which start of it, task, process.

    No two holders are the same, also where a message comes twice.
    """
    return f"{name[:_LONGEST_NAME]}/{BOOT}/{task}/{os.getpid()}"
