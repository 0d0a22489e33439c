"""Look whether a chunk's message is kept while somebody works on it, to come again if they die.

The sweeper would mend it too, so that the end of a batch cannot tell. This is looked at while
nothing is wrong yet: until the first fault.
"""

from __future__ import annotations

import json
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Final

import psycopg
import redis

from tests.crucible.violation import Violation
from tests.services import Services

EVERY_S: Final = 0.1
_HELD: Final = """
    SELECT c.id, c.attempt, c.lease_owner FROM batches_chunk c
    JOIN batches_step s ON s.id = c.step_id JOIN batches_batch b ON b.id = s.batch_id
    WHERE c.state = 'leased' AND c.lease_until > clock_timestamp() AND b.state = 'running'
"""


class Looker(Thread):
    """Looks at leases and messages until it is told to end."""

    def __init__(self, services: Services, *, broker: redis.Redis) -> None:
        super().__init__(daemon=True)
        self.found: list[Violation] = []
        self._services = services
        self._broker = broker
        self._over = Event()

    def run(self) -> None:
        """Look; a database or broker that goes away is a fault, and the end."""
        with suppress(psycopg.Error, redis.RedisError):
            with self._services.superuser() as superuser:
                while not self._over.wait(EVERY_S):
                    found = without_message(superuser, broker=self._broker)
                    # A fault that came meanwhile explains what was seen.
                    if not self._over.is_set():
                        self.found += found

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def without_message(superuser: psycopg.Connection, *, broker: redis.Redis) -> list[Violation]:
    """Name the chunks that are held now, and whose message the broker has forgotten."""
    before = _held(superuser)
    known = message_ids(broker)
    still = _held(superuser)
    return [
        Violation("message", f"chunk {chunk} is held by {owner}, and its message is gone")
        for chunk, attempt, owner in sorted(before & still)
        if _task_of(owner) not in known
    ]


def message_ids(broker: redis.Redis) -> set[str]:
    """Answer the ids of all messages that the broker has: waiting, and not acknowledged."""
    # Messages go from the queues to those not acknowledged, and back: so these are read between.
    raw: list[Any] = [json.loads(each)[0] for each in _unacknowledged(broker)]
    for queue in broker.scan_iter(_type="LIST"):
        if b"pidbox" not in queue:
            raw += [json.loads(each) for each in broker.lrange(queue, 0, -1)]
    raw += [json.loads(each)[0] for each in _unacknowledged(broker)]
    return {message["headers"]["id"] for message in raw}


def _unacknowledged(broker: redis.Redis) -> list[bytes]:
    found: Any = broker.hvals("unacked")
    return list(found)


def _held(superuser: psycopg.Connection) -> set[tuple[str, int, str]]:
    rows = superuser.execute(_HELD).fetchall()
    return {(str(chunk), attempt, owner) for chunk, attempt, owner in rows}


def _task_of(owner: str) -> str:
    """Answer the task in what a lease says of its holder: worker, its start, task, process."""
    return owner.split("/")[2]
