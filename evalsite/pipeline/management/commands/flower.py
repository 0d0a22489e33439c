"""`manage.py flower`: Flower behind a password, whatever address it listens on."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from evalsite.celery import app
from evalsite.pipeline.management.commands.serve import LOOPBACK, flower_environment


class Command(BaseCommand):
    """Become Flower."""

    help = "Run Flower, which shows every tenant's tasks to whoever knows FLOWER_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--address", default=LOOPBACK, help="that it listens on")
        parser.add_argument("--port", type=int, default=5555)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        os.environ |= flower_environment(address=options["address"], port=options["port"])
        app.start(["flower", "--logging=WARNING"])
