"""The mail server kills as many senders as it was told to, and none after that was called off."""

from __future__ import annotations

import time
from smtplib import SMTP
from threading import Thread
from types import SimpleNamespace

import pytest

from tests.crucible import fakes

MAIL = "Message-ID: <{}@example.org>\n\nHello."


def test_no_sender_dies_once_it_is_called_off(monkeypatch: pytest.MonkeyPatch) -> None:
    place = SimpleNamespace()
    with fakes.mailbox(place) as box:

        def heal_meanwhile(port: int) -> bool:
            healer = Thread(target=box.kill_next, args=(0,))
            healer.start()
            time.sleep(0.1)
            healers.append(healer)
            return True

        healers: list[Thread] = []
        monkeypatch.setattr(fakes, "_kill_who_talks_from", heal_meanwhile)
        box.kill_next(1)
        for number in range(3):
            with SMTP("127.0.0.1", place.EMAIL_PORT) as sender:
                sender.sendmail("a@example.org", ["b@example.org"], MAIL.format(number))
            for healer in healers:
                healer.join()
    assert (box.killed, len(box.mails)) == (1, 3)
