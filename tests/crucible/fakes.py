"""The fakes outside: a model that knows the sums, and a mail server that may kill who sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any, Final

import psutil

from tests.alerts.receivers import Inbox, mail_server
from tests.fake_model import Call
from tests.pipeline.judge_models import sound

_SUM: Final = re.compile(r"What is (\d+) \+ (\d+)\?")


def say(call: Call) -> str:
    """Judge what is to be judged, and answer a sum."""
    if call.body.get("response_format"):
        return sound(call)
    found = _SUM.search(call.prompt)
    return str(int(found[1]) + int(found[2])) if found else "?"


class Mailbox(Inbox):
    """Keeps what it is given, and then kills the next `deadly` senders before it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.deadly = 0
        self.killed = 0
        self._turn = Lock()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one: a sender that dies here never learns that the mail was taken."""
        said: str = await super().handle_DATA(server, session, envelope)
        # Who heals may call the killing off while somebody is looked for.
        with self._turn:
            if self.deadly and _kill_who_talks_from(session.peer[1]):
                self.deadly -= 1
                self.killed += 1
        return said

    def kill_next(self, n: int) -> None:
        """Kill the next so many senders, and no more than these."""
        with self._turn:
            self.deadly = n

    def message_ids(self) -> list[str]:
        """Answer the Message-ID of each mail that came."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    def forget(self) -> None:
        """Begin a new seed."""
        self.mails.clear()
        self.kill_next(0)
        self.killed = 0


@contextmanager
def mailbox(place: Any) -> Iterator[Mailbox]:
    """Run the mail server; `place.EMAIL_PORT` says where."""
    box = Mailbox()
    with mail_server(place, box):
        yield box


def _kill_who_talks_from(port: int) -> bool:
    for one in psutil.net_connections("tcp"):
        if one.laddr and one.laddr.port == port and one.pid:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(one.pid).kill()
                return True
    return False
