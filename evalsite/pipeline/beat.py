"""A worker writes every few seconds that it lives, in a thread of its own.

Not in Celery's loop: a database that hangs must not stop that, and a broker that hangs, which does
stop it, must not make those dead whose processes go on scoring.
"""

from __future__ import annotations

import atexit
import logging
import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from threading import Event, Thread
from typing import Final

from django.db import Error, connection

from evalsite.env import ROOT
from evalsite.pipeline.nodes import BOOT, silent_seconds

log = logging.getLogger(__name__)

# So many beats may be lost until the silence is a death.
_BEATS: Final = 4
# How long the end of a worker waits for a database that does not answer.
_PATIENCE_S: Final = 3.0

_ALIVE: Final = """
    INSERT INTO pipeline_workernode
        (boot_id, name, host, queues, slots, version, started_at, last_seen)
    VALUES (%(boot)s, %(name)s, %(host)s, %(queues)s, %(slots)s, %(version)s,
            clock_timestamp(), clock_timestamp())
    ON CONFLICT (boot_id) DO UPDATE SET last_seen = clock_timestamp()
"""
_STOPPED: Final = """
    UPDATE pipeline_workernode SET stopped_at = clock_timestamp() WHERE boot_id = %(boot)s
"""
_FORGET: Final = """
    DELETE FROM pipeline_workernode WHERE last_seen < clock_timestamp() - interval '1 day'
"""


class Beat(Thread):
    """Writes that this worker lives until it signs off."""

    def __init__(self, *, name: str, queues: Iterable[str], slots: int) -> None:
        super().__init__(name="beat", daemon=True)
        self._row: dict[str, str | int | list[str]] = {
            "boot": BOOT,
            "name": name[:200],
            "host": socket.gethostname()[:200],
            "queues": sorted(queues),
            "slots": slots,
            "version": version(),
        }
        self._ended = Event()
        self._is_heard = True

    def run(self) -> None:
        """Beat until told to end, and sign off then."""
        self._write(_FORGET)
        while not self._ended.is_set():
            self._write(_ALIVE)
            self._ended.wait(silent_seconds() / _BEATS)
        self._write(_STOPPED)
        connection.close()

    def sign_off(self) -> None:
        """Say that this worker has ended: what it still holds is anybody's."""
        self._ended.set()
        self.join(_PATIENCE_S)

    def _write(self, sql: str) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, self._row)
            self._is_heard = True
        except Error as error:
            connection.close()
            if self._is_heard:
                self._is_heard = False
                log.warning("the database does not hear that this worker lives: %s", error)


def start(*, name: str, queues: Iterable[str], slots: int) -> Beat:
    """Beat from now on until this process ends, in whatever order it does."""
    beat = Beat(name=name, queues=queues, slots=slots)
    beat.start()
    atexit.register(beat.sign_off)
    return beat


@lru_cache(maxsize=1)
def version() -> str:
    """Answer evalsite's version: the newest heading of the changelog, empty where there is none."""
    changelog = ROOT / "CHANGELOG.md"
    text = changelog.read_text() if changelog.exists() else ""
    found = re.search(r"^## (\S+)", text, re.MULTILINE)
    return found[1][:50] if found else ""
