"""Who leads: a lock in a session of its own, and a term that the leader must renew.

The lock ends with its session, so the successor of one that died leads at once. Who stands still,
or whose host is gone, may keep the session for good: its term runs out, and its successor ends the
session. Who wakes up then finds its term over and stops. What a leader does can be done twice, so
that a moment with two does no harm.
"""

from __future__ import annotations

import os
import socket
import time
from typing import Any, Final, NamedTuple

import psycopg
from django.db import connection

from evalsite.errors import EvalsiteError
from evalsite.pipeline.nodes import silent_seconds

LOCK: Final = 0x65_76_61_6C  # "eval"

# Shorter than the silence that makes a worker dead: after an outage of the database in which all
# fell silent the leader has begun a new term too, and counts their silence from then.
_SHARE: Final = 0.7

_TAKE: Final = """
    INSERT INTO pipeline_leadership (id, epoch, holder, since, seen_at)
    SELECT 1, 1, %(holder)s, clock_timestamp(), clock_timestamp()
    WHERE pg_try_advisory_lock(%(lock)s)
    ON CONFLICT (id) DO UPDATE SET epoch = pipeline_leadership.epoch + 1, holder = excluded.holder,
        since = excluded.since, seen_at = excluded.seen_at
    RETURNING epoch
"""
_END_OVERDUE: Final = """
    SELECT pg_terminate_backend(k.pid, 1000)
    FROM pipeline_leadership l, pg_locks k JOIN pg_database d ON d.oid = k.database
    WHERE k.locktype = 'advisory' AND k.objid = %(lock)s AND k.granted
      AND d.datname = current_database()
      AND l.seen_at < clock_timestamp() - make_interval(secs => %(term)s)
"""
_RENEW: Final = """
    UPDATE pipeline_leadership SET seen_at = clock_timestamp()
    WHERE epoch = %(epoch)s AND seen_at > clock_timestamp() - make_interval(secs => %(term)s)
"""
_LOOK: Final = """
    SELECT coalesce(max(epoch), 0),
           extract(epoch FROM clock_timestamp() - max(seen_at))::float8,
           coalesce(max(seen_at) > clock_timestamp() - make_interval(secs => %(term)s), false)
           AND EXISTS (SELECT 1 FROM pg_locks k JOIN pg_database d ON d.oid = k.database
                       WHERE k.locktype = 'advisory' AND k.objid = %(lock)s AND k.granted
                         AND d.datname = current_database())
    FROM pipeline_leadership
"""


class TermOver(EvalsiteError):
    """This coordinator stood still for longer than its term: another may lead by now."""

    code = "term_over"


class Leader(NamedTuple):
    """Whether a coordinator leads now; `seen_seconds` since its last sign, None before the first.

    `epoch` counts the takeovers.
    """

    epoch: int
    seen_seconds: float | None
    is_present: bool


class Seat:
    """The leader's seat, as one coordinator sees it."""

    def __init__(self) -> None:
        # Of no pool, and never opened anew by itself: the lock is in it.
        self._session: psycopg.Connection[Any] | None = None
        self._epoch: int | None = None
        self._renewed = 0.0

    def hold(self) -> bool:
        """Take the seat if it is free or its holder overdue; answers whether it is ours.

        Raises TermOver, and what the database raises: it is then to be left.
        """
        if self._epoch is None:
            self._epoch = self._take()
        else:
            self.keep()
        return self._epoch is not None

    def keep(self) -> None:
        """Renew the term, if it is time; raises TermOver, and what the database raises."""
        started = time.monotonic()
        if started - self._renewed < term_seconds() / 4:
            return
        if self._do(_RENEW, epoch=self._epoch).rowcount != 1:
            raise TermOver("this coordinator stood still, and leads no more")
        self._renewed = started

    def leave(self) -> None:
        """End the session, and the lock with it."""
        if self._session is not None:
            self._session.close()
        self._session = self._epoch = None

    def _take(self) -> int | None:
        started = time.monotonic()
        holder = f"{socket.gethostname()}:{os.getpid()}"
        row = self._do(_TAKE, holder=holder).fetchone()
        if row is None and self._do(_END_OVERDUE).rowcount:
            row = self._do(_TAKE, holder=holder).fetchone()
        self._renewed = started
        return None if row is None else int(row[0])

    def _do(self, sql: str, **values: str | int | None) -> Any:
        given = {"lock": LOCK, "term": term_seconds(), **values}
        with connection.wrap_database_errors:
            if self._session is None:
                place = connection.get_connection_params()
                self._session = psycopg.connect(**place, autocommit=True)
            return self._session.execute(sql, given)


def term_seconds() -> float:
    """Answer how long a leader may be silent until another takes its seat."""
    return _SHARE * silent_seconds()


def look() -> Leader:
    """Answer who leads, as everybody may see it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, {"lock": LOCK, "term": term_seconds()})
        return Leader(*cursor.fetchone())
