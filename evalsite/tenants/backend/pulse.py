"""Notice within seconds that the database does not answer, and free whoever waits for it.

A server that stands still keeps its sockets open and acknowledges what it is sent: no time limit of
TCP or libpq ends the wait for its answer. So a process of the site asks it every second, in a
session and a thread of its own. While no answer comes, statements under way are cut off and no new
one is begun: requests end at once, and hold no thread.
"""

from __future__ import annotations

import logging
import os
import socket
from contextlib import suppress
from select import POLLIN, poll
from threading import Event, Lock, Thread
from typing import Any, Final
from weakref import WeakSet

import psycopg
from psycopg.pq import TransactionStatus

log = logging.getLogger(__name__)

PATIENCE_S: Final = 3
_PAUSE_S: Final = 1.0

_is_watched = Event()
_is_away = Event()
_open: WeakSet[psycopg.Connection] = WeakSet()
_opening = Lock()


def start(place: dict[str, Any]) -> Watch:
    """Watch the database from now on; `place` is what psycopg connects with."""
    _is_watched.set()
    watch = Watch(place)
    watch.start()
    return watch


def is_away() -> bool:
    """Say whether the database is known not to answer; never so where nobody watches."""
    return _is_away.is_set()


def hurried(place: dict[str, Any]) -> dict[str, Any]:
    """Answer what to connect with: where somebody watches, with little patience."""
    return {**place, "connect_timeout": PATIENCE_S + 1} if _is_watched.is_set() else place


def note(connection: psycopg.Connection) -> None:
    """Remember a connection, to be cut off while its statement gets no answer."""
    if _is_watched.is_set():
        with _opening:
            _open.add(connection)


class Watch(Thread):
    """Asks the database again and again, for as long as the process lives or until it is ended."""

    def __init__(self, place: dict[str, Any]) -> None:
        super().__init__(name="pulse", daemon=True)
        self._place = {**place, "connect_timeout": PATIENCE_S, "autocommit": True}
        self._own: psycopg.Connection | None = None
        self._ended = Event()

    def run(self) -> None:
        """Look on, and cut off who waits in vain."""
        while not self._ended.is_set():
            if self._answers():
                _tell_back()
            else:
                _tell_away()
                _cut_off()
            self._ended.wait(_PAUSE_S)

    def end(self) -> None:
        """Look on no more."""
        self._ended.set()
        self.join()
        if self._own is not None:
            self._own.close()
        _is_watched.clear()
        _is_away.clear()

    def _answers(self) -> bool:
        try:
            if self._own is not None:
                return self._keep(_is_heard(self._own))
        except psycopg.Error:
            # It may be this one session that was ended: a new one tells.
            self._own = None
        try:
            self._own = psycopg.connect(**self._place)
        except psycopg.Error:
            return False
        return True

    def _keep(self, heard: bool) -> bool:
        if not heard and self._own is not None:
            self._own.close()
            self._own = None
        return heard


def _is_heard(own: psycopg.Connection) -> bool:
    """Ask the least there is to ask, and wait no longer than there is patience."""
    server = own.pgconn
    server.send_query(b"")
    server.flush()
    watch = poll()
    watch.register(server.socket, POLLIN)
    while server.is_busy():
        if not watch.poll(1000 * PATIENCE_S):
            return False
        server.consume_input()
    while server.get_result() is not None:
        pass
    return True


def _cut_off() -> None:
    """End the connections whose statements get no answer: who waits for them finds them broken."""
    with _opening:
        waiting = [one for one in _open if one.info.transaction_status == TransactionStatus.ACTIVE]
    for connection in waiting:
        with suppress(OSError, psycopg.Error):
            line = socket.socket(fileno=os.dup(connection.fileno()))
            with line:
                line.shutdown(socket.SHUT_RDWR)


def _tell_back() -> None:
    if _is_away.is_set():
        _is_away.clear()
        log.warning("the database answers again")


def _tell_away() -> None:
    if not _is_away.is_set():
        _is_away.set()
        log.warning("the database does not answer: requests end with 503 until it does")
