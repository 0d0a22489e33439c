"""`manage.py coordinator`: relay the outbox and sweep, as long as this one leads."""

from __future__ import annotations

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand

from evalsite.env import load
from evalsite.pipeline.coordinate import coordinate


class Command(BaseCommand):
    """Coordinate until told to stop. Run two on different hosts: one leads."""

    help = "Relay the outbox and sweep what got lost. Run two: one leads, one waits."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        coordinate(stop, seconds=load().sweep_seconds)
